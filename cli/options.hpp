#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace libexec::cli {

enum class Output { table, json, ndjson, csv };

/// What every command takes.
struct Options {
    Output output = Output::table;
    ColourChoice colour = ColourChoice::automatic;
    std::string server = "http://localhost:3000";  ///< without a slash at the end
    std::string ca_cert;                           ///< PEM file of who may sign the server's certificate
    bool insecure_tls = false;                     ///< whoever answers is taken for the server
    std::chrono::milliseconds timeout{120'000};    ///< of a command as a whole
    bool timeout_given = false;                    ///< by the command line
    bool quiet = false;
    std::vector<std::string> columns;  ///< of tables and CSV, by key; empty: the usual ones
    bool header = true;                ///< of tables and CSV
    bool wide = false;                 ///< tables with every column, never cut
    std::string api_key{};             ///< lx_ID_SECRET, sent with each request; empty: none
    std::string sign_key{};            ///< the file of the key that signs each request; empty: none
    bool trace = false;                ///< each request on standard error, as a curl line
};

}  // namespace libexec::cli
