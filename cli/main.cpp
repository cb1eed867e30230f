#include <exception>
#include <iostream>

#include "commands.hpp"
#include "interrupt.hpp"

namespace {

using namespace libexec::cli;

ExitCode run(int count, const char* const* words) {
    Console console{std::cout, std::cerr, choose_style(standard_output_facts(), ColourChoice::automatic)};
    try {
        const ParsedCommand parsed = parse_command_line(count, words);
        if (parsed.help) {
            std::cout << *parsed.help << std::flush;
            return ExitCode::done;
        }
        console.style = choose_style(standard_output_facts(), parsed.options.colour);
        Interrupt interrupt;
        const auto wire = make_curl_wire(interrupt);
        return run_command(*wire, parsed, console);
    } catch (const Trouble& trouble) {
        return report(trouble.complaint(), Output::table, console);
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "\n  this is not expected: please report it\n";
        return ExitCode::unexpected;
    }
}

}  // namespace

int main(int count, char** words) { return static_cast<int>(run(count, words)); }
