/**
 * Why a program that ended at once most likely did: matched against its last lines, first match wins. Plain advice
 * for the terminal, not detection: what lines mean for incidents is the rule packs' business (src/detect).
 */
const CAUSES: { pattern: RegExp; cause: string; advice: string }[] = [
  {
    pattern: /address already in use|EADDRINUSE|port \S+ is already in use/i,
    cause: 'port in use',
    advice: 'another process listens on that port: find it with `ss -ltnp`, stop it or choose another port',
  },
  {
    pattern: /no space left on device|ENOSPC|disk quota exceeded/i,
    cause: 'disk full',
    advice: 'make room: `df -h` shows which file system is full',
  },
  {
    pattern:
      /unable to locate credentials|no credentials|credentials? (were |was )?not (found|loaded|provided)|missing credentials|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|AWS_ACCESS_KEY_ID|could not find default credentials/i,
    cause: 'missing or wrong credentials',
    advice:
      'check that the credential variables reach the program (in Docker: `-e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY`)',
  },
  {
    pattern: /read-only file system|EROFS/i,
    cause: 'read-only file system',
    advice: 'write elsewhere or mount the directory writable',
  },
  {
    pattern: /permission denied|EACCES|operation not permitted|EPERM/i,
    cause: 'permission denied',
    advice: 'see who may use the path in the last lines: `ls -ld PATH`, then `chown` or `chmod` it',
  },
  {
    pattern: /error while loading shared libraries|version `GLIBC_[\d.]+' not found/i,
    cause: 'missing shared library',
    advice: 'install the library named, or use a build made for this system',
  },
  {
    pattern: /could not resolve|name or service not known|temporary failure in name resolution|ENOTFOUND/i,
    cause: 'name not resolved',
    advice: 'check the host name and DNS: `getent hosts NAME`',
  },
  {
    pattern: /connection refused|ECONNREFUSED/i,
    cause: 'connection refused',
    advice: 'the peer answers but nothing listens there: is it started, is the port right?',
  },
  {
    pattern: /no such file or directory|ENOENT|cannot find the (file|path)/i,
    cause: 'file not found',
    advice: 'check the path in the last lines',
  },
  {
    pattern: /out of memory|cannot allocate memory|ENOMEM/i,
    cause: 'out of memory',
    advice: 'see `free -h` and `dmesg | tail`',
  },
];

/**
 * @param tail the program's last lines
 * @param status exit status, or null when a signal ended it
 * @param signal the signal that ended it, or null
 * @returns cause and advice in a few words, or undefined when nothing is known
 */
export function likelyCause(
  tail: string,
  status: number | null,
  signal: NodeJS.Signals | null,
): { cause: string; advice: string } | undefined {
  // 126 and 127 are the shell's own words for these (POSIX, Shell Command Language 2.8.2).
  if (status === 127) return { cause: 'command not found', advice: 'check its name and PATH' };
  if (status === 126) return { cause: 'not executable', advice: 'check the file with `ls -l` and `file`' };
  if (signal === 'SIGKILL' || status === 137) {
    return {
      cause: 'killed',
      advice: 'by the kernel for want of memory (`dmesg | tail` says so) or by somebody with kill -9',
    };
  }
  return CAUSES.find(candidate => candidate.pattern.test(tail));
}
