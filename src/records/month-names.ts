import { MONTHS, packThree } from './calendar.js';

/**
 * Month names as locales write them (CLDR and glibc: short, long and genitive forms), where the first three letters are no
 * English month. A name that means two months in two languages (`listopad`) is left to the larger number of its speakers.
 */
const NAMES: string[][] = [
  // January
  [
    'ene',
    'enero',
    'gen',
    'gennaio',
    'janv',
    'stycznia',
    'sty',
    'styczeń',
    'янв',
    'января',
    'январь',
    'січ',
    'січня',
    'led',
    'ledna',
    'oca',
    'ocak',
    'ιαν',
    'ιανουαρίου',
    'tammi',
    'tammikuuta',
  ],
  [
    'fév',
    'févr',
    'février',
    'fev',
    'fevereiro',
    'lut',
    'lutego',
    'luty',
    'фев',
    'февр',
    'февраля',
    'февраль',
    'лют',
    'лютого',
    'úno',
    'února',
    'şub',
    'şubat',
    'φεβ',
    'helmi',
    'helmikuuta',
  ],
  [
    'mär',
    'märz',
    'mrz',
    'mrt',
    'maart',
    'мар',
    'марта',
    'март',
    'бер',
    'березня',
    'bře',
    'března',
    'mår',
    'μαρ',
    'maalis',
    'maaliskuuta',
    'már',
    'março',
  ],
  [
    'avr',
    'avril',
    'abr',
    'abril',
    'kwi',
    'kwietnia',
    'kwiecień',
    'апр',
    'апреля',
    'апрель',
    'кві',
    'квітня',
    'dub',
    'dubna',
    'nis',
    'nisan',
    'απρ',
    'huhti',
    'huhtikuuta',
    'ápr',
  ],
  [
    'mai',
    'mag',
    'maggio',
    'mei',
    'maj',
    'maja',
    'мая',
    'май',
    'тра',
    'травня',
    'kvě',
    'května',
    'μαΐ',
    'touko',
    'toukokuuta',
    'máj',
    'maio',
  ],
  [
    'juin',
    'giu',
    'giugno',
    'cze',
    'czerwca',
    'czerwiec',
    'июн',
    'июня',
    'июнь',
    'чер',
    'червня',
    'čvn',
    'června',
    'haz',
    'haziran',
    'ιουν',
    'kesä',
    'kesäkuuta',
    'jún',
  ],
  [
    'juil',
    'juillet',
    'lug',
    'luglio',
    'lip',
    'lipca',
    'lipiec',
    'июл',
    'июля',
    'июль',
    'лип',
    'липня',
    'čvc',
    'července',
    'tem',
    'temmuz',
    'ιουλ',
    'heinä',
    'heinäkuuta',
    'júl',
  ],
  [
    'août',
    'ago',
    'agosto',
    'sie',
    'sierpnia',
    'sierpień',
    'авг',
    'августа',
    'август',
    'сер',
    'серпня',
    'srp',
    'srpna',
    'ağu',
    'ağustos',
    'αυγ',
    'elo',
    'elokuuta',
  ],
  [
    'set',
    'settembre',
    'setembro',
    'wrz',
    'września',
    'wrzesień',
    'сен',
    'сент',
    'сентября',
    'сентябрь',
    'вер',
    'вересня',
    'zář',
    'září',
    'eyl',
    'eylül',
    'σεπ',
    'syys',
    'syyskuuta',
    'szept',
  ],
  [
    'okt',
    'oktober',
    'ott',
    'ottobre',
    'out',
    'outubro',
    'paź',
    'października',
    'październik',
    'окт',
    'октября',
    'октябрь',
    'жов',
    'жовтня',
    'říj',
    'října',
    'eki',
    'ekim',
    'οκτ',
    'loka',
    'lokakuuta',
  ],
  [
    'lis',
    'listopada',
    'listopad',
    'ноя',
    'нояб',
    'ноября',
    'ноябрь',
    'лис',
    'листопада',
    'kas',
    'kasım',
    'νοε',
    'marras',
    'marraskuuta',
  ],
  [
    'dez',
    'dezember',
    'déc',
    'décembre',
    'dic',
    'diciembre',
    'dicembre',
    'dezembro',
    'gru',
    'grudnia',
    'grudzień',
    'дек',
    'декабря',
    'декабрь',
    'гру',
    'грудня',
    'pro',
    'prosince',
    'ara',
    'aralık',
    'δεκ',
    'joulu',
    'joulukuuta',
  ],
];

interface Written {
  bytes: Uint8Array;
  month: number;
}

/** By a number made of the UTF-8 bytes (`nameStep`), in lower case and with a capital: a string for each word asked cost more than all else. */
const BY_KEY = new Map<number, Written[]>();
for (const [index, names] of NAMES.entries())
  for (const name of names)
    for (const form of [name, name.toUpperCase(), name[0]!.toUpperCase() + name.slice(1)]) {
      const bytes = Buffer.from(form);
      const key = bytes.reduce(nameStep, 0);
      const same = BY_KEY.get(key) ?? [];
      BY_KEY.set(key, [...same, { bytes, month: index + 1 }]);
    }

function nameStep(key: number, byte: number): number {
  return (Math.imul(key, 0x01000193) + byte) & 0x3fffffff;
}

function monthWritten(bytes: Uint8Array, at: number, stop: number): number | undefined {
  let key = 0;
  for (let i = at; i < stop; i++) key = nameStep(key, bytes[i]!);
  const same = BY_KEY.get(key);
  if (same === undefined) return undefined;
  return same.find(
    one => one.bytes.length === stop - at && one.bytes.every((byte, i) => bytes[at + i] === byte),
  )?.month;
}

/** The longest name has this many bytes. */
const LONGEST = 32;

/** A month's name at a place: its number, and where it ends (an abbreviation's dot included). */
export interface NamedMonth {
  month: number;
  end: number;
}

const found: NamedMonth = { month: 0, end: 0 };

/** @returns undefined where no month is named; the object is used again */
export function monthNameAt(bytes: Uint8Array, at: number, end: number): NamedMonth | undefined {
  let stop = at;
  while (stop < end && stop - at < LONGEST && isNameByte(bytes[stop]!)) stop++;
  // A day or a year follows every month: nearly all words end here.
  if (stop - at < 3 || !isFollowed(bytes, stop, end)) return undefined;
  const english = isAscii(bytes, at) ? MONTHS.get(packThree(bytes, at)) : undefined;
  const month = english ?? monthWritten(bytes, at, stop);
  if (month === undefined) return undefined;
  found.month = month;
  found.end = stop < end && bytes[stop] === 0x2e ? stop + 1 : stop;
  return found;
}

function isFollowed(bytes: Uint8Array, at: number, end: number): boolean {
  let next = bytes[at] === 0x2e ? at + 1 : at;
  if (isDigit(bytes[next])) return true;
  if (!SEPARATORS.has(bytes[next]!)) return false;
  while (next < end && SEPARATORS.has(bytes[next]!)) next++;
  return isDigit(bytes[next]);
}

const SEPARATORS = new Set([0x20, 0x2d, 0x2f, 0x2e]);

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && (byte - 0x30) >>> 0 <= 9;
}

function isAscii(bytes: Uint8Array, at: number): boolean {
  return bytes[at]! < 0x80 && bytes[at + 1]! < 0x80 && bytes[at + 2]! < 0x80;
}

export function isNameByte(byte: number): boolean {
  const folded = byte | 0x20;
  return byte >= 0x80 || (folded >= 0x61 && folded <= 0x7a);
}
