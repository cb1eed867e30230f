#include "commands.hpp"

#include <ostream>

#include "libexec/json/value.hpp"

namespace libexec::cli {

ExitCode version_command(const Options& options, Console& console) {
    if (options.output == Output::table) {
        console.out << (options.quiet ? "" : "execctl ") << LIBEXEC_VERSION << '\n';
    } else {
        console.out << "{\"name\":\"execctl\",\"version\":" << to_json_string(LIBEXEC_VERSION) << "}\n";
    }
    return ExitCode::done;
}

ExitCode report(const Complaint& complaint, Output output, Console& console) {
    console.out.flush();
    if (output != Output::table) console.out << complaint_json(complaint) << std::endl;
    const std::string text = complaint_text(complaint);
    // Line by line: the text holds words of the server, the line breaks are ours.
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        console.err << printable(console.style, std::string_view(text).substr(begin, end - begin)) << '\n';
        begin = end == std::string::npos ? text.size() : end + 1;
    }
    console.err.flush();
    return complaint.exit;
}

ExitCode run_command(Wire& wire, const ParsedCommand& parsed, Console& console) {
    struct Runner {
        Wire& wire;
        const Options& options;
        Console& console;
        ExitCode operator()(const SubmitOptions& submit) {
            return submit_command(wire, options, submit, console);
        }
        ExitCode operator()(const WatchOptions& watch) {
            return watch_command(wire, options, watch, console);
        }
        ExitCode operator()(const GetOptions& get) { return get_command(wire, options, get, console); }
        ExitCode operator()(const VersionOptions&) { return version_command(options, console); }
        ExitCode operator()(const BenchOptions& bench) { return bench_command(options, bench, console); }
    };
    try {
        const ExitCode code = std::visit(Runner{wire, parsed.options, console}, parsed.command);
        console.out.flush();
        if (console.out.good()) return code;
        Complaint complaint;
        complaint.code = "output";
        complaint.what = "could not write to standard output";
        complaint.next = "see whether the disk is full";
        return report(complaint, Output::table, console);
    } catch (const Trouble& trouble) {
        return report(trouble.complaint(), parsed.options.output, console);
    }
}

}  // namespace libexec::cli
