#include <ostream>

#include "commands.hpp"
#include "reference.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

// The scripts know nothing of the commands: they ask the program, so they fit every version of it. A
// candidate is a line, with its meaning after a tab; the line ":files" stands for the names of files.

constexpr std::string_view bash_script = R"(# bash completion for execctl: asks the program what may follow.
_execctl() {
    local line=${COMP_LINE:0:COMP_POINT} words current kept mark candidate
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[-1]}
    # bash replaces only what stands after the last of its own word breaks.
    kept=$current
    for mark in = : @; do
        [[ $COMP_WORDBREAKS == *"$mark"* ]] && kept=${kept##*"$mark"}
    done
    local before=${current%"$kept"}
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        if [[ $candidate == :files ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$kept")
        else
            COMPREPLY+=("${candidate#"$before"}")
        fi
    done < <("$1" __complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _execctl execctl
)";

constexpr std::string_view zsh_script = R"(#compdef execctl
# zsh completion for execctl: asks the program what may follow.
_execctl() {
    local -a lines described
    local line
    lines=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in "${lines[@]}"; do
        [[ -z $line ]] && continue
        if [[ $line == :files ]]; then
            _files
            return
        fi
        described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    (( ${#described} )) && _describe -V execctl described
}
if [[ ${funcstack[1]} == _execctl ]]; then
    _execctl "$@"
else
    compdef _execctl execctl
fi
)";

constexpr std::string_view fish_script = R"(# fish completion for execctl: asks the program what may follow.
function __execctl_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (command $words[1] __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            printf '%s\n' $line
        end
    end
end
complete -c execctl -f -a '(__execctl_complete)'
)";

ExitCode completion_command(const Context& context, const Arguments& arguments) {
    const std::string shell = arguments.text("SHELL");
    const std::string_view script = completion_script(shell);
    if (script.empty()) {
        throw Trouble(usage_complaint("there is no completion for the shell '" + shell + "'",
                                      "name one of bash, zsh and fish"));
    }
    if (context.options.output == Output::table) {
        context.console.out << script;
        return ExitCode::done;
    }
    Sheet sheet({{"shell", "SHELL"}, {"script", "SCRIPT"}});
    sheet.add({shell, script});
    sheet.print_one(context);
    return ExitCode::done;
}

}  // namespace

std::string_view completion_script(std::string_view shell) {
    if (shell == "bash") return bash_script;
    if (shell == "zsh") return zsh_script;
    return shell == "fish" ? fish_script : std::string_view();
}

const CommandSpec& completion_spec() {
    static const CommandSpec spec{
        .name = "completion",
        .summary = "Print a script that lets a shell complete commands, orders, tokens and venues",
        .description =
            "The script asks execctl at each press of the key, and execctl asks the server for "
            "orders, tokens and venues, for 300 ms at most. Packages install the scripts where "
            "the shells look for them.",
        .words = {{"SHELL", "bash, zsh or fish", WordSpec::Count::one, Completes::shell}},
        .options = {},
        .examples = {{"source <(execctl completion bash)", "in this shell"},
                     {"execctl completion zsh > ~/.zfunc/_execctl", "for zsh, with ~/.zfunc in fpath"},
                     {"execctl completion fish > ~/.config/fish/completions/execctl.fish", "for fish"}},
        .run = completion_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
