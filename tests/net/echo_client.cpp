// A WebSocket client that sends every text back, for test servers in other languages: net_echo_client
// [CA_FILE]. Connects to each URL that it reads on standard input, one after the other, and says on standard
// output how that ended: "closed CODE REASON" or "error WORDS". Ends with its standard input.

#include <iostream>
#include <string>
#include <utility>

#include <asio/io_context.hpp>

#include "libexec/net/web_socket_client.hpp"
#include "support/spawn.hpp"

using namespace libexec;

namespace {

Task<void> echo(WebSocketClient& client, std::string url, std::string& ended) {
    Result<Done> done = co_await client.connect(std::move(url));
    while (done) {
        Result<WsMessage> said = co_await client.next();
        if (!said) {
            done = said.error();
        } else if (said.value().is_closed()) {
            ended = "closed " + std::to_string(static_cast<int>(said.value().close_code)) + " " +
                    said.value().payload;
            break;
        } else {
            // There is no sending of bytes; they are told by their number.
            std::string text = said.value().payload;
            if (said.value().kind == WsMessage::Kind::binary) text = "binary:" + std::to_string(text.size());
            // A connection that has ended meanwhile says so to `next`, behind what came before.
            (void)co_await client.send_text(std::move(text));
        }
    }
    if (!done) ended = "error " + done.error().detail;
}

}  // namespace

int main(int count, char** words) {
    WebSocketClientConfig config;
    config.message_bytes_max = 64 * 1024;
    if (count > 1) config.trust = TlsTrust::load(words[1]);
    for (std::string url; std::getline(std::cin, url);) {
        asio::io_context io{1};
        std::string ended;
        WebSocketClient client(io.get_executor(), config);
        test::spawn(io, echo(client, url, ended));
        io.run();  // until the connection is gone as well
        std::cout << ended << std::endl;
    }
    return 0;
}
