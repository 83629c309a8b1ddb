import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import { printLines } from '../output.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

interface Words {
  name: string;
  summary: string;
  options: string[];
  children: Words[];
}

/**
 * `deadair completion SHELL`: a script that completes commands and options.
 * @param all every command: called by its name, only this one was loaded
 */
export function registerCompletion(program: Command, all: () => Promise<Command>): void {
  program
    .command('completion')
    .summary('a script that completes commands and options in your shell')
    .description('Prints a script for bash, zsh or fish that completes commands and options.')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      `
Examples:
  source <(deadair completion bash)
  deadair completion bash > ~/.local/share/bash-completion/completions/deadair
  deadair completion fish > ~/.config/fish/completions/deadair.fish
`,
    )
    .action(async (shell: string) => {
      if (!(SHELLS as readonly string[]).includes(shell))
        throw new DeadairError(
          'usage.invalid',
          `There is no completion for ${shell}; there is for ${SHELLS.join(', ')}.`,
          {
            subject: 'shell',
          },
        );
      printLines(completionScript(shell as Shell, wordsOf(await all())));
    });
}

function wordsOf(command: Command): Words {
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.flatMap(option => [option.long, option.short]).filter(one => one != null),
    children: command.commands.map(wordsOf),
  };
}

function completionScript(shell: Shell, root: Words): string {
  const table = flat(root, []);
  if (shell === 'fish') return fish(root);
  const cases = table.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');
  const script = `_deadair() {
  local cur words= path= word
  cur=\${COMP_WORDS[COMP_CWORD]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case $path in
${cases}
    *) case $path in *' '*) path=\${path% *}; continue ;; ?*) path=; continue ;; esac ;;
    esac
    break
  done
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _deadair deadair`;
  return shell === 'bash' ? script : `autoload -Uz bashcompinit && bashcompinit\n${script}`;
}

/** Every command by its words, with what may follow. */
function flat(command: Words, path: string[]): { path: string; words: string[] }[] {
  return [
    { path: path.join(' '), words: [...command.children.map(one => one.name), ...command.options] },
    ...command.children.flatMap(one => flat(one, [...path, one.name])),
  ];
}

function fish(root: Words): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = ['complete -c deadair -f'];
  for (const one of root.children) {
    lines.push(`complete -c deadair -n __fish_use_subcommand -a ${one.name} -d ${quoted(one.summary)}`);
    const here = `-n '__fish_seen_subcommand_from ${one.name}'`;
    for (const child of one.children)
      lines.push(`complete -c deadair ${here} -a ${child.name} -d ${quoted(child.summary)}`);
    for (const option of one.options)
      lines.push(
        `complete -c deadair ${here} ${option.startsWith('--') ? '-l' : '-s'} ${option.replace(/^-+/, '')}`,
      );
  }
  return lines.join('\n');
}
