#include <doctest/doctest.h>

#include <sstream>

#include "config_file.hpp"
#include "net/tls_files.hpp"
#include "reload.hpp"
#include "server/api_server.hpp"
#include "support/temp_dir.hpp"
#include "tls_files.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::server;
using namespace libexec::test;

namespace {

std::optional<std::string> nothing_set(std::string_view) { return std::nullopt; }

/// A certificate and its key on disk, and the settings that name them.
struct Pair {
    Pair() : made(make_certificate()) { write(); }
    void write() const {
        write_file(cert, made.certificate);
        write_file(key, made.key);
    }
    ResolvedOptions read() const {
        return load_options({{"TLS_CERT", cert}, {"TLS_KEY", key}}, nothing_set, "");
    }

    TempDir folder;
    std::string cert = folder.file("cert.pem");
    std::string key = folder.file("key.pem");
    TestCertificate made;
};

}  // namespace

TEST_SUITE("server/tls settings") {
    TEST_CASE("both files make the port speak HTTPS, one alone is an error that names the other") {
        const Pair pair;
        const ResolvedOptions both = pair.read();
        CHECK(both.errors.empty());
        REQUIRE(both.options.http.tls != nullptr);
        CHECK(describe_identity(both.options.http.tls.get()).starts_with("localhost, 127.0.0.1, until 2"));
        CHECK(load_options({}, nothing_set, "").options.http.tls == nullptr);
        CHECK(describe_identity(nullptr) == "none (plain HTTP)");
        for (const auto& [set, missing] :
             {std::pair{"TLS_CERT", "TLS_KEY"}, std::pair{"TLS_KEY", "TLS_CERT"}}) {
            const ResolvedOptions one = load_options({{set, pair.cert}}, nothing_set, "");
            REQUIRE(one.errors.size() == 1);
            CHECK(one.errors[0] == std::string(set) + " is set and " + missing +
                                       " is not: set both for HTTPS, or neither for plain HTTP");
        }
    }

    TEST_CASE("a file that is no good is an error with its setting, its path and the fix") {
        const Pair pair;
        const Pair other;
        write_file(pair.key, other.made.key);
        REQUIRE(pair.read().errors.size() == 1);
        CHECK(pair.read().errors[0] == "TLS_KEY '" + pair.key +
                                           "' is not the key of the certificate: must be the one the "
                                           "certificate was made for");
        write_file(pair.key, pair.made.key, 0644);
        CHECK(pair.read().errors.at(0) ==
              "TLS_KEY '" + pair.key + "' is open to every user of this machine: chmod o-rwx " + pair.key);
        write_file(pair.cert, "");
        CHECK(pair.read().errors.at(0).starts_with("TLS_KEY '" + pair.key));
        write_file(pair.key, pair.made.key);
        CHECK(pair.read().errors.at(0).starts_with("TLS_CERT '" + pair.cert + "' holds no certificate"));
    }

    TEST_CASE("a certificate out of its time is no error, and is spoken of with the date") {
        const Pair pair;
        const auto identity = pair.read().options.http.tls;
        REQUIRE(identity != nullptr);
        const Time now = SystemClock().now();
        CHECK(validity_warning(identity.get(), now).empty());
        CHECK(validity_warning(nullptr, now).empty());
        CHECK(has(validity_warning(identity.get(), now + std::chrono::days(20)), "expires on 2"));
        CHECK(has(validity_warning(identity.get(), now + std::chrono::days(31)), "expired on 2"));
        CHECK(has(validity_warning(identity.get(), now - std::chrono::days(9)), "is not valid before 2"));
    }

    TEST_CASE(
        "SIGHUP takes over a renewed pair under the same names, and keeps the old one from a bad pair") {
        Pair pair;
        ApiServer api;
        std::ostringstream said;
        const SystemClock clock;
        const auto log = make_stream_log(said, LogLevel::info, LogFormat::json, clock);
        std::shared_ptr<const TlsIdentity> shown;
        Reload reload([&pair] { return pair.read(); }, pair.read(), api.routes, api.service,
                      [&shown](std::shared_ptr<const TlsIdentity> tls) { shown = std::move(tls); }, clock,
                      *log);
        const auto run = [&] {
            said.str({});
            reload.run();
            return said.str();
        };
        const std::string before = pair.read().options.http.tls->fingerprint();
        CHECK_FALSE(has(run(), "another certificate"));
        REQUIRE(shown != nullptr);
        CHECK(shown->fingerprint() == before);

        pair.made = make_certificate(-1, 5);
        pair.write();
        const std::string renewed = run();
        CHECK(has(renewed, "new connections are shown another certificate"));
        CHECK(has(renewed, "SHA-256 " + before.substr(0, 12)));
        CHECK(has(renewed, "tls.validity"));  // five days left
        const std::string after = shown->fingerprint();
        CHECK(after != before);
        CHECK(has(renewed, "SHA-256 " + after.substr(0, 12)));

        write_file(pair.cert, make_certificate().certificate);  // half of a renewal
        const std::string refused = run();
        CHECK(has(refused, "is not the key of the certificate"));
        CHECK(has(refused, "config.reload_refused"));
        CHECK(shown->fingerprint() == after);
    }
}
