#include "libexec/chain/solana/signer_server.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <asio/executor_work_guard.hpp>

#include "chain/signer_world.hpp"
#include "libexec/chain/solana/signer_wire.hpp"
#include "support/says.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<PlainSocket> connect_to(const std::string& path) {
    auto socket = std::make_unique<PlainSocket>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket->descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const sockaddr_un place = PlainSocket::address(path);
    REQUIRE(::connect(socket->descriptor(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0);
    return socket;
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode;
}

std::string start_failure(SignerWorld& world) {
    try {
        world.open();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "started";
}

}  // namespace

TEST_SUITE("chain/solana/signer_server") {
    TEST_CASE("the socket is its owner's, in a folder that is, and gone at the end") {
        SignerWorld world;
        world.open();
        CHECK((mode_of(world.path) & 07777) == 0600);
        CHECK(S_ISSOCK(mode_of(world.path)));
        world.server.reset();
        CHECK(!std::filesystem::exists(world.path));

        SignerWorld open_to_others([](SignerServerConfig& config) { config.users = {12'345}; });
        open_to_others.open();
        CHECK((mode_of(open_to_others.path) & 07777) == 0666);
    }

    TEST_CASE("a place that is not safe, or taken, is refused with the fix") {
        SignerWorld first;
        first.open();
        SignerWorld second([&](SignerServerConfig& config) { config.socket_path = first.path; });
        says(start_failure(second), "another signer listens on '" + first.path);
        CHECK(first.ask_wallet());
        first.server.reset();
        CHECK(start_failure(second) == "started");
        second.server.reset();

        SignerWorld world;
        const std::string folder = world.folder.file("open");
        REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
        for (const mode_t mode : {0720, 0702, 01777}) {
            REQUIRE(::chmod(folder.c_str(), mode) == 0);
            SignerWorld unsafe([&](SignerServerConfig& config) { config.socket_path = folder + "/s"; });
            says(start_failure(unsafe), "chmod go-w " + folder);
        }
        SignerWorld missing([&](SignerServerConfig& config) { config.socket_path = folder + "/none/s"; });
        says(start_failure(missing), "cannot be read");
        SignerWorld too_long([&](SignerServerConfig& config) {
            config.socket_path = world.folder.file(std::string(120, 'x'));
        });
        says(start_failure(too_long), "has 1 to 107 bytes");
        std::ofstream(world.path) << "mine";
        says(start_failure(world), "is no socket");
        CHECK(std::filesystem::file_size(world.path) == 4);
    }

    TEST_CASE("a socket that was left behind by one that was killed is taken over") {
        SignerWorld world;
        {
            PlainSocket left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const sockaddr_un place = PlainSocket::address(world.path);
            REQUIRE(::bind(left.descriptor(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0);
        }
        world.open();
        CHECK(world.ask_wallet());
        // Somebody else's socket in its place stays.
        std::filesystem::remove(world.path);
        std::ofstream(world.path) << "other";
        world.server.reset();
        CHECK(std::filesystem::exists(world.path));
    }

    TEST_CASE("garbage is answered and cut; half a frame is cut in time; the next client is served") {
        SignerWorld world([](SignerServerConfig& config) {
            config.request_within = 300ms;
            config.connections_max = 3;
        });
        world.open();
        std::thread loop([&] {
            world.io.restart();
            const auto busy = asio::make_work_guard(world.io);
            world.io.run();
        });
        for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\0\0\0\0", 4),
                                         std::string("\0\0\0\2[]", 6), std::string("\xff\xff\xff\xff", 4)}) {
            const auto client = connect_to(world.path);
            client->send(bytes);
            const std::string answer = client->receive(4'096);
            CAPTURE(answer);
            const bool told = answer.find("invalid_body") != std::string::npos;
            CHECK(told);
        }
        const auto half = connect_to(world.path);
        half->send(std::string("\0\0\1\0{", 5));
        CHECK(half->receive(1).empty());  // cut
        const auto idle = connect_to(world.path);
        CHECK(idle->receive(1).empty());

        std::vector<std::unique_ptr<PlainSocket>> crowd;
        for (int i = 0; i < 3; ++i) {
            crowd.push_back(connect_to(world.path));
            crowd.back()->send(to_signer_frame(encode_signer_request(SignerRequest(SignerOp::public_key))));
            CHECK(!crowd.back()->receive(4'096).empty());
        }
        const auto fourth = connect_to(world.path);
        CHECK(fourth->receive(1).empty());
        // Two requests in one breath on one connection.
        const std::string frame = to_signer_frame(encode_signer_request(SignerRequest(SignerOp::public_key)));
        crowd.front()->send(frame + frame);
        CHECK(!crowd.front()->receive(4'096).empty());
        world.io.stop();
        loop.join();
        says(world.lines.str(), "signer.bad_request");
        says(world.lines.str(), "signer.full");
    }
}
