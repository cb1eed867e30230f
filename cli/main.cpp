#include <exception>
#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "keyed_wire.hpp"

namespace {

using namespace libexec::cli;

ExitCode run(int count, const char* const* words) {
    Console console{std::cout, std::cerr, choose_style(standard_output_facts(), ColourChoice::automatic)};
    try {
        const ParsedCommand parsed = parse_command_line(count, words);
        if (parsed.help) {
            std::cout << *parsed.help << std::flush;
            return std::cout.good() ? ExitCode::done : report(output_complaint(), Output::table, console);
        }
        console.style = choose_style(standard_output_facts(), parsed.options.colour);
        Interrupt interrupt;
        const TlsTrust trust{parsed.options.ca_cert, parsed.options.insecure_tls};
        const auto wire = make_curl_wire(interrupt, trust);
        const libexec::SystemClock clock;
        // The trace stands before the key: what it prints may be shown to anyone.
        const auto keyed = make_keyed_wire(*wire, parsed.options, clock);
        Wire& way = keyed ? *keyed : *wire;
        const auto traced = make_tracing_wire(way, std::cerr, trust, !parsed.options.api_key.empty());
        const Context context{parsed.options.trace ? *traced : way, parsed.options, console, clock};
        return run_guarded(context, [&] { return parsed.command->run(context, parsed.arguments); });
    } catch (const Trouble& trouble) {
        return report(trouble.complaint(), output_asked_for(count, words), console);
    } catch (const std::exception& error) {
        return report(unexpected_complaint(error.what()), output_asked_for(count, words), console);
    }
}

}  // namespace

int main(int count, char** words) { return static_cast<int>(run(count, words)); }
