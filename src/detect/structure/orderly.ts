import { partAfter, partBefore } from './parts.js';

/**
 * Why a general statement of loss or of a connection that could not be made says nothing of the network: it is an orderly
 * end, speaks of a part of the same host, gives a reason of the application's own, or only advises. What the system itself
 * said (a strong cause) is never dismissed here.
 *
 * The same verb tells different things of different subjects. A daemon that stops leaves its journal, its ring and its local
 * helpers; a container's shim, a desktop session, a headset or a disk "disconnects" without any network; a remote peer that
 * disconnects without a stop asked for is a fault.
 * @param lower the line in lower case
 * @param from where the statement begins
 * @param to one past its end
 */
export function whyOrderlyOrLocal(lower: string, from: number, to: number): string | undefined {
  const before = partBefore(lower, from, 80);
  const after = partAfter(lower, to, 100);
  const statement = lower.slice(from, to);
  const around = `${clauseBefore(partBefore(lower, from, 48))}${statement}${clauseAfter(partAfter(lower, to, 60))}`;
  if (ADVICE.test(before)) return 'advice';
  if (OWN_CLOSE.test(partBefore(lower, from, 32) + statement + partAfter(lower, to, 40)))
    return 'an error of closing, not of the connection';
  if (LOCAL_SERVICE.test(around)) return 'a part of the same host';
  if (LEAVING.test(statement) && stopsItself(lower, to) && !ALARM.test(lower) && !BY_OTHERS.test(statement))
    return 'a part of an orderly stop';
  if (LEAVING.test(statement) && LOCAL_PART.test(around) && !REMOTE.test(around))
    return 'a part of the same host';
  if (OF_COMPONENT.test(statement) && LOCAL_DEED.test(after))
    return 'what a component could not do by itself';
  const reasoned = APPLICATION_REASON.test(after) || APPLICATION_REASON_KEYED.test(partAfter(lower, to, 300));
  if (reasoned || APPLICATION_REASON_BEFORE.test(before)) return 'the reason given is not the network';
  return undefined;
}

/** Whether the daemon is on its way out; what it does behind the statement (`lost the server, exiting`) is what came of it. */
function stopsItself(lower: string, to: number): boolean {
  if (!OWN_STOP.test(lower)) return false;
  const after = lower.slice(to);
  return (
    !CONSEQUENCE.test(after) ||
    OWN_STOP.test(lower.slice(0, to)) ||
    OWN_STOP.test(after.replace(CONSEQUENCE, ''))
  );
}

/** What stands in the statement's own part of the chain: `[disk-io-1] peer: connection closed` is not said of a disk. */
function clauseBefore(before: string): string {
  return before.slice(before.search(LAST_PART));
}

function clauseAfter(after: string): string {
  const end = after.search(NEXT_PART);
  return end < 0 ? after : after.slice(0, end);
}

const LAST_PART = /(?:[\]};|>] |: | - )?(?:[^\]};|>:-]|[\]};|>:-][^ ]|[^ ]-)*$/;
const NEXT_PART = /[;|] |\. | - | [[({]/;
const CONSEQUENCE = /[,;.] (?:now |will )?(?:exiting|quitting|shutting down|terminating)\b/;

/** `perhaps there are network problems`, `please check that the server is reachable` */
const ADVICE =
  /\b(?:maybe|perhaps|possibly|make sure|ensure|verify|please|check (?:that|if|whether|your|the|for)|try to|hint|note that|did you|this (?:can|may|could|usually)|likely due|often|indicative of|(?:sign|symptom|indication) of|(?:indicates?|suggests?|due to|because of) (?:possible|potential|probable))\b[^;!?]{0,60}$/;

/** `error closing connection: …`, `disconnecting from X failed`: what was to be closed anyway. */
const OWN_CLOSE =
  /\b(?:error|failed|failure|failing|problem|exception|unable|could not|cannot|can't) (?:to |while |when |on |in |during |properly ){0,2}(?:clos(?:e|ing)|disconnect(?:ing)?|shut(?:ting)? ?down|terminat(?:e|ing)|tear(?:ing)? down|(?:evict|mark|remov|delet|kick|expel)(?:e|l?ing)?)\b|\b(?:could not|cannot) be (?:closed|disconnected)\b|\b(?:closing|disconnecting|shutting down|disconnection)\b[^,;]{0,50}\b(?:failed|error|unsuccessful)\b/;

/** Services that every host has for itself, spoken to by the bus. */
const LOCAL_SERVICE =
  /\b(?:connect\w*|contact|reach|talk|communicate)\b.{0,12}\b(?:to|with) (?:the )?(?:systemd\b|systemd-\w+|logind|d-?bus|system bus|session bus|x server|display|wayland|pulse|pipewire|udev|polkit|rauc|journald|gdm|network ?manager|local (?:daemon|agent|service manager))/;

const LEAVING = /disconnect|clos|left|leav|terminat|ended|gone|lost|drop|down|offline|stopp|exit/;

/** The daemon itself is on its way out. */
const OWN_STOP =
  /\b(?:stop requested|shutdown requested|exit requested|quit requested|requested (?:stop|shutdown|exit)|shutting down|shut down (?:by (?:the )?(?:user|admin\w*|operator|request|signal|systemd)|on|requested)|(?:on|at|before|during|for) (?:shutdown|exit|stop)|exiting|quitting|terminating (?:on|normally)|received (?:sig)?(?:term|int|hup|stop|shutdown)\w*|sigterm|sigint|got (?:sigterm|sigint|stop)|going down for|logging off|(?:reload|restart|stop)(?:ing)? (?:service|daemon|server))\b/;

/** `Session terminated by server; exiting.`: that it stops is what came of it. */
const BY_OTHERS = /\bby (?:the )?(?:remote|peer|server|gateway|broker|upstream|host|other|far)\b/;

const ALARM = /unexpected|abnormal|without|error|fail|timed? ?out|reset|refused|abrupt|lost|crash/;

/** Parts of the same host that come and go: what they are called by, next to the verb. */
const LOCAL_PART =
  /\b(?:journal|journald|syslog(?:d)?(?: socket)?|log writer|logger|dbus|d-bus|system bus|session bus|message bus|xpc|mach port|shims?|sandbox(?:es)?|helpers?|plug-?ins? [^\s:]|volumes?|disk map|mounts?|overlay|devices?|drives?|disks?|usb|hid|keyboards?|mouse|touchpad|headsets?|headphones?|speakers?|bluetooth|a2dp|printers?|scanners?|cameras?|monitors? [\w-]*\d|display|hdmi|displayport|screen|desktop|wayland|x11|compositor|window|console|tty|terminal|debugger|child process|subprocess|local (?:clients?|users?|socket|session|daemon|service|process)|pulse|alsa|audio|battery|charger|power|sensor|power supply|serial (?:port|line|device)|uart|accessory|tablet)\b/;

/** `socket.management: failed to open /etc/ssl/dhparam.pem`: the word names who speaks. */
const OF_COMPONENT = /:\s*(?:failed|failure|error|unable)$/;
const LOCAL_DEED =
  /^ (?:to )?(?:open(?:ing)? (?:\S*\/|the file|file|config|log|device)|load|pars|alloc|regist|initiali[sz]|mmap|stat\b|lock|creat\w* (?:file|thread|directory|\/|socket|timer)|read(?:ing)? (?:\S*\/|config|file)|write (?:\/|config|file|to (?:disk|file))|set (?:socket )?opt|setsockopt|decod|encod|seriali[sz]|deseriali[sz]|unmarshal|marshal|convert|appl(?:y|ied))/;

const REMOTE =
  /\b(?:remote|rtsp|peer|server|host|broker|replica|upstream|node|controller|cluster|network|quorum|adjacenc(?:y|ies)|neighbou?rs?|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\b|\bconnections? (?:to|with) (?:the )?(?:device|accessory|camera|sensor|tablet)\b|\b(?:from|to|with) (?:the )?device\s*(?:$|[,.;!]| (?:at|on|with|ip|id)\b)/;

/** What an application that was reached answers, or why it did not even try. */
const APPLICATION_WORDS =
  '(?:in)?valid\\b|not (?:a )?valid|invalid|\\w{0,30}(?:invalid|wrong|bad|incorrect)_?(?:password|credentials?|token|login|user|key)|malformed|unknown (?:verb|command|method|option|parameter|key|topic|user|database|bucket|type|version|client|member)|unsupported|not supported|not implemented|missing|required|mandatory|already (?:exists?|taken|in use|registered|connected|open|running)|(?:name|id|nick|user) (?:is )?(?:taken|in use)|duplicate|conflict|denied|forbidden|unauthori[sz]ed|not (?:allowed|permitted|authori[sz]ed|enabled|found|a member)|permission|credentials?|passwords?|token|signature|licen[cs]e|quota|rate limit|too many|limit (?:reached|exceeded)|maximum|syntax|pars(?:e|ing)|schema|no such (?:file|table|bucket|key|user|database|device|topic)|does not exist|bad request|40[0-9]\\b|4(?:1|2)\\d\\b|configuration|config(?:ured)?\\b|disabled|version mismatch|incompatible|wrong (?:version|type|key)|out of memory|no space|read-?only|illegal|not a (?:directory|socket|number)|banned|rejected by (?:policy|acl)|allowed (?:hosts|clients|peers)|policy|subscriber absent|user busy';
const APPLICATION_REASON = new RegExp(
  `^[^.!]{0,50}?(?::|\\(|;| because| since| due to| reason|=| - | – )[\\s"'({\\[]{0,3}(?:[^:;]{0,40}\\b)?(?:${APPLICATION_WORDS})`,
);
/** `Dialing failed  module=pex addr=n7:26656 err="duplicate connection"`: the reason has a key of its own, further on. */
const APPLICATION_REASON_KEYED = new RegExp(
  `\\b(?:err|error|reason|cause)["']?[:=] ?["'({]{0,2}(?:self\\b|${APPLICATION_WORDS})`,
);
const APPLICATION_REASON_BEFORE =
  /\b(?:unknown|invalid|bad|unsupported) (?:protocol|request|message|packet|command|client|option)\b[^:]{0,30}$/;

/** All patterns above: which digits they tell from others is asked for. */
export const ORDERLY_PATTERNS: readonly RegExp[] = [
  ADVICE,
  OWN_CLOSE,
  LOCAL_SERVICE,
  LAST_PART,
  NEXT_PART,
  CONSEQUENCE,
  LEAVING,
  OWN_STOP,
  BY_OTHERS,
  ALARM,
  LOCAL_PART,
  REMOTE,
  OF_COMPONENT,
  LOCAL_DEED,
  APPLICATION_REASON,
  APPLICATION_REASON_KEYED,
  APPLICATION_REASON_BEFORE,
];
