#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "net/tls_client.hpp"
#include "net/tls_files.hpp"
#include "net/ws_bytes.hpp"
#include "net/ws_echo.hpp"
#include "support/temp_dir.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

constexpr int tls_1_1 = 0x0302;
constexpr int tls_1_2 = 0x0303;

const std::string get_once = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const std::string get_more = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A certificate on disk, and what a server shows of it.
struct Shown {
    explicit Shown(TestCertificate made = make_certificate())
        : pem(std::move(made)),
          certificate_file(write_file(folder.file("cert.pem"), pem.certificate)),
          key_file(write_file(folder.file("key.pem"), pem.key)) {}

    std::shared_ptr<const TlsIdentity> identity() const {
        return TlsIdentity::load(certificate_file, key_file);
    }

    TempDir folder;
    TestCertificate pem;
    std::string certificate_file;
    std::string key_file;
};

struct TlsServer {
    explicit TlsServer(ScriptedHandler::Script script = echo, HttpServerConfig config = {})
        : server(std::move(script), with_identity(config)) {}
    HttpServerConfig with_identity(HttpServerConfig config) const {
        config.tls = shown.identity();
        return config;
    }

    Shown shown;
    TestServer server;
};

/// A client of TLS whose doings can be looked at.
struct TlsClient {
    TlsClient(const TlsServer& server, TlsClientPlan plan = {})
        : TlsClient(server.server.port(), with_authority(server, std::move(plan))) {}
    TlsClient(std::uint16_t port, TlsClientPlan plan)
        : raw(port, 0, [&](int socket) {
              auto made = std::make_unique<TlsClientChannel>(socket, plan);
              tls = made.get();
              return made;
          }) {}
    static TlsClientPlan with_authority(const TlsServer& server, TlsClientPlan plan) {
        plan.authority = server.shown.pem.certificate;
        return plan;
    }

    TlsClientChannel* tls = nullptr;
    RawClient raw;
};

/// A client without TLS, whatever the others do.
struct BareClient : RawClient {
    explicit BareClient(std::uint16_t port) : RawClient(port, 0, nullptr) {}
};

std::string refusal_of(const std::string& certificate_file, const std::string& key_file,
                       BadTlsFile::File about) {
    try {
        TlsIdentity::load(certificate_file, key_file);
    } catch (const BadTlsFile& bad) {
        CHECK(bad.file == about);
        return bad.what();
    }
    return "taken";
}

/// The beginning of a TLS 1.2 handshake, as far as most of a ClientHello.
const std::string half_hello("\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", 11);

}  // namespace

TEST_SUITE("net/tls") {
    TEST_CASE("a certificate is read with its names, its time and its fingerprint") {
        const Shown shown(make_certificate(-2, 90));
        const auto identity = shown.identity();
        CHECK(identity->names() == "localhost, 127.0.0.1");
        CHECK(identity->fingerprint().size() == 64);
        const auto now = std::chrono::time_point_cast<std::chrono::seconds>(SystemClock().now());
        CHECK(std::chrono::abs(identity->valid_from() - (now - std::chrono::days(2))) < 1min);
        CHECK(std::chrono::abs(identity->valid_until() - (now + std::chrono::days(90))) < 1min);
    }

    TEST_CASE("a pair that cannot be served with is refused with the rule and the fix") {
        using File = BadTlsFile::File;
        const Shown good;
        const Shown other;
        const TempDir folder;
        const std::string none = folder.file("none.pem");
        CHECK(has(refusal_of(none, good.key_file, File::certificate), "cannot be read (No such file"));
        CHECK(has(refusal_of(good.certificate_file, none, File::key), "must be a PEM file"));
        CHECK(has(refusal_of("/tmp", good.key_file, File::certificate), "cannot be read (Is a directory)"));
        const std::string text = write_file(folder.file("text.pem"), "not a certificate\n");
        CHECK(has(refusal_of(text, good.key_file, File::certificate), "BEGIN CERTIFICATE"));
        CHECK(has(refusal_of(good.certificate_file, text, File::key), "BEGIN PRIVATE KEY"));
        CHECK(has(refusal_of(good.key_file, good.certificate_file, File::certificate), "BEGIN CERTIFICATE"));
        CHECK(has(refusal_of(good.certificate_file, other.key_file, File::key),
                  "is not the key of the certificate"));
        const std::string locked = write_file(folder.file("locked.pem"), lock_key(good.pem.key, "secret"));
        CHECK(has(refusal_of(good.certificate_file, locked, File::key), "openssl pkey -in"));
        const std::string huge = write_file(folder.file("huge.pem"), std::string(2 * 1024 * 1024, 'x'));
        CHECK(has(refusal_of(huge, good.key_file, File::certificate), "larger than 1 MiB"));
        const std::string cut = write_file(
            folder.file("cut.pem"),
            good.pem.certificate + other.pem.certificate.substr(0, other.pem.certificate.size() / 2));
        CHECK(has(refusal_of(cut, good.key_file, File::certificate), "broken at certificate 2"));
        const std::string chain = write_file(
            folder.file("chain.pem"), good.pem.certificate + "\n# text\n" + other.pem.certificate + "\n\n");
        CHECK(refusal_of(chain, good.key_file, File::certificate) == "taken");
    }

    TEST_CASE("a key that every user may read or change is refused, one for the group is not") {
        const Shown good;
        const TempDir folder;
        for (const unsigned mode : {0644U, 0604U, 0602U}) {
            const std::string open = write_file(folder.file("open.pem"), good.pem.key, mode);
            CHECK(has(refusal_of(good.certificate_file, open, BadTlsFile::File::key),
                      "is open to every user of this machine: chmod o-rwx " + open));
        }
        for (const unsigned mode : {0640U, 0400U, 0660U}) {
            const std::string group = write_file(folder.file("open.pem"), good.pem.key, mode);
            CHECK(refusal_of(good.certificate_file, group, BadTlsFile::File::key) == "taken");
        }
    }

    TEST_CASE("requests are answered by TLS 1.3, and the end is said before it comes") {
        TlsServer server;
        TlsClient client(server);
        client.raw.send(get_more);
        CHECK(statuses(client.raw.read_until("\r\n\r\n")) == "200");
        client.raw.send(get_once);
        CHECK(statuses(client.raw.read_to_end()) == "200");
        CHECK(client.tls->version() == "TLSv1.3");
        CHECK(client.tls->heard_goodbye());
        CHECK(client.tls->fingerprint() == server.shown.identity()->fingerprint());
        CHECK(server.server.server().counts().refused == 0);
    }

    TEST_CASE("TLS 1.2 is spoken, without another handshake in the middle; older ones are not") {
        TlsServer server;
        TlsClientPlan plan;
        plan.version_max = tls_1_2;
        TlsClient client(server, plan);
        client.raw.send(get_more);
        CHECK(statuses(client.raw.read_until("\r\n\r\n")) == "200");
        CHECK(client.tls->version() == "TLSv1.2");
        CHECK_FALSE(client.tls->renegotiate());

        plan.version_max = tls_1_1;
        TlsClient old(server, plan);
        CHECK_FALSE(old.tls->shake_hands());
        CHECK(has(old.tls->trouble(), "alert protocol version"));
        CHECK(TestServer::eventually([&] { return server.server.server().counts().refused == 1; }));
        CHECK(server.server.log().saw("net.handshake"));
    }

    TEST_CASE("of the protocols a client offers, HTTP/1.1 is chosen; one that insists on others is refused") {
        TlsServer server;
        TlsClientPlan plan;
        plan.protocols = {"h2", "http/1.1"};
        TlsClient both(server, plan);
        CHECK(both.tls->shake_hands());
        CHECK(both.tls->protocol() == "http/1.1");
        plan.protocols = {"h2"};
        TlsClient newest(server, plan);
        CHECK_FALSE(newest.tls->shake_hands());
        CHECK(has(newest.tls->trouble(), "no application protocol"));
    }

    TEST_CASE("plain HTTP on the TLS port is told so in plain HTTP") {
        TlsServer server;
        for (const std::string& begun :
             {get_more, std::string("P"), std::string("\r\nGET "), std::string("get")}) {
            CAPTURE(begun);
            BareClient client(server.server.port());
            client.send(begun);
            const std::string answer = client.read_to_end();
            CHECK(statuses(answer) == "400");
            CHECK(has(answer, "This port speaks HTTPS"));
            CHECK_FALSE(client.timed_out());
        }
        CHECK(server.server.server().counts().requests == 0);
        CHECK(server.server.server().counts().refused == 4);
    }

    TEST_CASE("TLS on the plain port is refused and let go") {
        if (usual_transport.identity) return;  // there is no plain port in this run
        TestServer server(echo);
        TlsClient client(server.port(), {});
        CHECK_FALSE(client.tls->shake_hands());
        CHECK(has(client.tls->trouble(), "wrong version number"));
        CHECK(TestServer::eventually([&] { return server.server().counts().refused == 1; }));
    }

    TEST_CASE("garbage for a handshake ends its own connection only") {
        TlsServer server;
        TlsClient honest(server);
        honest.raw.send(get_more);
        CHECK(statuses(honest.raw.read_until("\r\n\r\n")) == "200");
        const std::vector<std::string> garbage{std::string(1, '\0'),
                                               std::string(100, '\xff'),
                                               "\x16\x03\x01\xff\xff" + std::string(70'000, 'g'),
                                               std::string("\x16\x03\x01\x00\x05hello", 10),
                                               std::string("\x15\x03\x01\x00\x02\x02\x28", 7),
                                               half_hello + std::string(190, '\0'),
                                               std::string("\x80\x2e\x01\x00\x02", 5) + std::string(50, 'x')};
        for (const std::string& bytes : garbage) {
            BareClient client(server.server.port());
            client.send(bytes);
            client.send_no_more();
            const std::string answer = client.read_to_end();
            CHECK_FALSE(client.timed_out());
            CHECK_FALSE(has(answer, "HTTP/"));
        }
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 1; }));
        CHECK(server.server.server().counts().refused == garbage.size());
        honest.raw.send(get_once);
        CHECK(statuses(honest.raw.read_to_end()) == "200");
    }

    TEST_CASE("a handshake that does not end in time is cut, wherever it stopped") {
        HttpServerConfig config;
        config.handshake_deadline = 100ms;
        TlsServer server(echo, config);
        for (const std::string& begun : {std::string(), half_hello.substr(0, 1), half_hello}) {
            BareClient client(server.server.port());
            client.send(begun);
            CHECK(client.read_to_end().empty());
            CHECK_FALSE(client.timed_out());
        }
        // Bytes that come one by one do not buy more time.
        BareClient client(server.server.port());
        client.send(half_hello);
        bool cut = false;
        for (int i = 0; i < 150 && !cut; ++i) {
            client.send("x");
            cut = client.read(20ms).empty() && !client.timed_out();
        }
        CHECK(cut);
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 0; }));
        CHECK(server.server.server().counts().refused == 4);
    }

    TEST_CASE("a client that leaves without a word has refused nothing and is not counted") {
        TlsServer server;
        {
            BareClient client(server.server.port());
            CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 1; }));
        }
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 0; }));
        CHECK(server.server.server().counts().refused == 0);
    }

    TEST_CASE("stopping lets go of handshakes that have begun") {
        TlsServer server;
        BareClient silent(server.server.port());
        BareClient begun(server.server.port());
        begun.send(half_hello);
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 2; }));
        server.server.server().stop("maintenance");
        CHECK(silent.read_to_end().empty());
        CHECK(begun.read_to_end().empty());
    }

    TEST_CASE("a new certificate is shown to new connections, and the others go on") {
        TlsServer server;
        TlsClient before(server);
        before.raw.send(get_more);
        CHECK(statuses(before.raw.read_until("\r\n\r\n")) == "200");
        const Shown next;
        server.server.server().show_identity(next.identity());
        TlsClientPlan plan;
        plan.authority = next.pem.certificate;
        TlsClient after(server.server.port(), plan);
        after.raw.send(get_once);
        CHECK(statuses(after.raw.read_to_end()) == "200");
        CHECK(after.tls->fingerprint() == next.identity()->fingerprint());
        before.raw.send(get_once);
        CHECK(statuses(before.raw.read_to_end()) == "200");
        CHECK(before.tls->fingerprint() == server.shown.identity()->fingerprint());

        server.server.server().show_identity(nullptr);
        BareClient plain(server.server.port());
        plain.send(get_once);
        CHECK(statuses(plain.read_to_end()) == "200");
    }

    TEST_CASE("where records and packets are cut changes nothing") {
        TlsServer server;
        TlsClientPlan plan;
        plan.piece_bytes = 1;
        TlsClient dribbling(server, plan);
        dribbling.raw.send(get_more);
        CHECK(statuses(dribbling.raw.read_until("\r\n\r\n")) == "200");

        // Every byte in a record of its own, all in one packet.
        TlsClient client(server);
        std::string records;
        for (const char c : get_more + get_more) records += client.tls->enciphered(std::string_view(&c, 1));
        client.tls->send_bare(records);
        std::string answers = client.raw.read_until("\r\n\r\n");
        while (statuses(answers) != "200 200") {
            const std::string more = client.raw.read();
            REQUIRE_FALSE(more.empty());
            answers += more;
        }
        // A record in two packets.
        const std::string record = client.tls->enciphered(get_once);
        client.tls->send_bare(record.substr(0, 30));
        CHECK(client.raw.read(50ms).empty());
        CHECK(client.raw.timed_out());
        client.tls->send_bare(record.substr(30));
        CHECK(statuses(client.raw.read_to_end()) == "200");
    }

    TEST_CASE("a client may change the keys as often as it likes") {
        TlsServer server;
        TlsClient client(server);
        for (int i = 0; i < 5; ++i) {
            client.raw.send(get_more);
            CHECK(statuses(client.raw.read_until("\r\n\r\n")) == "200");
            CHECK(client.tls->update_keys());
        }
        client.raw.send(get_once);
        CHECK(statuses(client.raw.read_to_end()) == "200");
        CHECK(client.tls->heard_goodbye());
    }

    TEST_CASE("nobody is held up by a client that changes the keys without end") {
        HttpServerConfig config;
        config.request_deadline = 60s;  // a busy machine takes its time for all of them
        TlsServer server(echo, config);
        TlsClient flooding(server);
        std::string updates;
        for (int i = 0; i < 20'000; ++i) updates += flooding.tls->enciphered_key_update();
        std::atomic<bool> over = false;
        std::thread flood([&] {
            flooding.tls->send_bare(updates);
            over = true;
        });
        TlsClient honest(server);
        honest.raw.send(get_more);
        CHECK(statuses(honest.raw.read_until("\r\n\r\n")) == "200");
        flood.join();
        CHECK(over);
        flooding.raw.send(get_once);
        CHECK(statuses(flooding.raw.read_to_end()) == "200");
    }

    TEST_CASE("a client that says goodbye with its request is answered, and let go at once") {
        TlsServer server;
        TlsClient client(server);
        client.tls->send_bare(client.tls->enciphered(get_more) + client.tls->enciphered_goodbye());
        CHECK(statuses(client.raw.read_to_end()) == "200");  // not after the idle time, which is a minute
    }

    TEST_CASE("a connection that is cut is no end: neither a request nor an answer passes for whole") {
        TlsServer server([](HttpExchange& exchange) -> Task<void> {
            HttpResponse head(200, "", "text/plain");
            exchange.start_stream(std::move(head));
            co_await exchange.write_chunk("half");
            throw std::runtime_error("no more");
        });
        TlsClient client(server);
        client.raw.send("GET / HTTP/1.0\r\n\r\n");
        CHECK(client.raw.read_to_end().ends_with("half"));
        CHECK_FALSE(client.tls->heard_goodbye());

        TlsClient cut(server);
        cut.raw.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
        cut.raw.hang_up_rudely();
        CHECK(TestServer::eventually([&] { return server.server.server().counts().connections == 0; }));
        CHECK(server.server.server().counts().requests == 1);
    }

    TEST_CASE("an idle connection hears goodbye when its time is over") {
        HttpServerConfig config;
        config.idle_timeout = 100ms;
        TlsServer server(echo, config);
        TlsClient client(server);
        client.raw.send(get_more);
        CHECK(statuses(client.raw.read_until("\r\n\r\n")) == "200");
        CHECK(client.raw.read_to_end().empty());
        CHECK(client.tls->heard_goodbye());
    }

    TEST_CASE("frames of every size come whole through records, both ways") {
        TlsServer server(echo_messages);
        TlsClient client(server);
        client.raw.send(ws_handshake_request() + "\r\n");
        CHECK(statuses(client.raw.read_until("\r\n\r\n")) == "101");
        std::string expected;
        std::thread writer([&] {
            for (const std::size_t size : {1, 125, 126, 16'000, 16'384, 16'385, 40'000, 65'000, 3})
                client.raw.send(masked(0x82, std::string(size, 'f')));
        });
        for (const std::size_t size : {1, 125, 126, 16'000, 16'384, 16'385, 40'000, 65'000, 3}) {
            expected += '\x82';
            if (size < 126) {
                expected += static_cast<char>(size);
            } else {
                expected += '\x7e';
                expected += static_cast<char>(size / 256);
                expected += static_cast<char>(size % 256);
            }
            expected += std::string(size, 'f');
        }
        std::string got;
        while (got.size() < expected.size()) {
            const std::string part = client.raw.read();
            if (part.empty()) break;
            got += part;
        }
        writer.join();
        CHECK(got == expected);
    }
}
