#include "commands.hpp"

#include <exception>
#include <ostream>

namespace libexec::cli {

ExitCode report(const Complaint& complaint, Output output, Console& console) {
    console.out.flush();
    const bool for_programs = output == Output::json || output == Output::ndjson;
    if (for_programs) console.out << complaint_json(complaint) << std::endl;
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

ExitCode run_guarded(const Context& context, const std::function<ExitCode()>& work) {
    Console& console = context.console;
    try {
        const ExitCode code = work();
        console.out.flush();
        if (console.out.good()) return code;
        return report(output_complaint(), Output::table, console);
    } catch (const Trouble& trouble) {
        return report(trouble.complaint(), context.options.output, console);
    } catch (const std::exception& error) {
        return report(unexpected_complaint(error.what()), context.options.output, console);
    }
}

}  // namespace libexec::cli
