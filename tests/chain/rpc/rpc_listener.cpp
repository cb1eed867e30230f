// Subscribes to a node and says what it is told, one line a notice, for nodes written in other languages:
// rpc_listener HTTP_URL [CA_FILE]. Commands on standard input: "account KEY", "signature S", "slots". Ends
// with its standard input.

#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "libexec/chain/rpc/subscriptions.hpp"

using namespace libexec;

namespace {

std::string shown(const RpcNotice& notice) {
    if (const auto* const account = std::get_if<RpcAccountNotice>(&notice)) {
        return "account " + account->account.to_string() + " " + std::to_string(account->slot) + " " +
               std::to_string(account->state.lamports) + " " + std::to_string(account->state.data.size());
    }
    if (const auto* const landed = std::get_if<RpcSignatureNotice>(&notice)) {
        return "signature " + landed->signature + " " + std::to_string(landed->slot) + " " +
               (landed->error ? landed->error->words : "fine");
    }
    if (const auto* const slot = std::get_if<RpcSlotNotice>(&notice))
        return "slot " + std::to_string(slot->slot) + " " + std::to_string(slot->parent);
    if (const auto* const gap = std::get_if<RpcGap>(&notice)) return gap->first ? "gap first" : "gap again";
    return "silence " + std::get<RpcSilence>(notice).why.detail;
}

class Listener {
public:
    explicit Listener(RpcSubscriptions& subscriptions) : subscriptions_(subscriptions) {}

    void obey(const std::string& line) {
        const std::string word = line.substr(0, line.find(' '));
        const std::string rest = line.size() > word.size() ? line.substr(word.size() + 1) : "";
        const auto say = [word](const RpcNotice& notice) {
            std::cout << word << ": " << shown(notice) << std::endl;
        };
        Result<RpcSubscription> made = reject(Reason::invalid_parameter, "no such command");
        if (word == "slots") made = subscriptions_.slots(say);
        if (word == "signature") made = subscriptions_.signature(rest, Commitment::confirmed, say);
        const std::optional<PublicKey> key = PublicKey::parse(rest);
        if (word == "account" && key) made = subscriptions_.account(*key, Commitment::processed, say);
        if (made) {
            held_.push_back(std::move(made).value());
        } else {
            std::cout << "error: " << made.error().detail << std::endl;
        }
    }

private:
    RpcSubscriptions& subscriptions_;
    std::vector<RpcSubscription> held_;
};

}  // namespace

int main(int count, char** words) {
    if (count < 2) {
        std::cerr << "rpc_listener HTTP_URL [CA_FILE]\n";
        return 2;
    }
    const Result<RpcEndpoint> endpoint = RpcEndpoint::parse(words[1]);
    if (!endpoint) {
        std::cerr << endpoint.error().detail << "\n";
        return 2;
    }
    asio::io_context io{1};
    WebSocketClientConfig bounds = rpc_socket_config();
    if (count > 2) bounds.trust = TlsTrust::load(words[2]);
    const std::unique_ptr<RpcSocketMaker> sockets = make_rpc_sockets(io.get_executor(), std::move(bounds));
    const std::unique_ptr<Timers> timers = make_timers(io);
    const std::unique_ptr<Log> log = make_stderr_log(LogLevel::info, LogFormat::text);
    Random random(1);
    auto subscriptions = std::make_unique<RpcSubscriptions>(
        RpcSubscriptionsConfig(endpoint.value()), io.get_executor(), *sockets, *timers, random, *log);
    Listener listener(*subscriptions);
    std::thread reader([&] {
        for (std::string line; std::getline(std::cin, line);)
            asio::post(io, [&listener, line] { listener.obey(line); });
        asio::post(io, [&subscriptions] { subscriptions.reset(); });
    });
    const auto until_told = asio::make_work_guard(io);
    while (subscriptions != nullptr) io.run_one();
    reader.join();
    io.poll();
    return 0;
}
