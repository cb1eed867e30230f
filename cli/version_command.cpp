#include <ostream>

#include <CLI/Version.hpp>
#include <curl/curl.h>

#include "commands.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

#if defined(__clang__)
constexpr const char* compiler = "clang " __clang_version__;
#else
constexpr const char* compiler = "g++ " __VERSION__;
#endif

ExitCode version_command(const Context& context, const Arguments&) {
    if (context.options.quiet) {
        context.console.out << LIBEXEC_VERSION << '\n';
        return ExitCode::done;
    }
    if (context.options.output == Output::table) {
        context.console.out << "execctl " LIBEXEC_VERSION "\n";
        return ExitCode::done;
    }
    Sheet sheet({{"name", "NAME"},
                 {"version", "VERSION"},
                 {"compiler", "COMPILER"},
                 {"libcurl", "LIBCURL"},
                 {"cli11", "CLI11"}});
    const curl_version_info_data* const curl = curl_version_info(CURLVERSION_NOW);
    sheet.add({"execctl", LIBEXEC_VERSION, compiler, curl->version, CLI11_VERSION});
    sheet.print_one(context);
    return ExitCode::done;
}

}  // namespace

const CommandSpec& version_spec() {
    static const CommandSpec spec{
        .name = "version",
        .summary = "Print the version",
        .description =
            "The other outputs also name the compiler and the libraries. The server's version is "
            "in `execctl doctor`.",
        .words = {},
        .options = {},
        .examples = {{"execctl version -q", "the number alone, for scripts"},
                     {"execctl version -o json", "with compiler and libraries, for a report"}},
        .run = version_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
