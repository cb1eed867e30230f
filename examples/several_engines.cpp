// Two engines in one process, each with its own database, market and log: the same order, at the same time,
// in both.
#include <iostream>
#include <libexec/embed/everyday.hpp>

using namespace libexec;

namespace {

struct Desk {
    Desk(const std::string& desk_name, const std::string& folder, std::uint64_t seed) : name(desk_name) {
        Config config;
        config.database_url = "sqlite:" + folder + "/" + name + ".db";
        config.mock_journal = folder + "/" + name + ".journal";
        config.mock_seed = seed;
        service = libexec::open(config, *log);
    }

    std::string name;
    std::unique_ptr<Log> log = make_stderr_log(LogLevel::warn, LogFormat::text);  // outlives the service
    std::unique_ptr<Service> service;
    OrderId order;
};

bool place(Desk& desk) {
    const Result<OrderRequest> order = sell_order(desk.service->tokens(), "10", "SOL", "USDC");
    if (!order) return false;
    const Result<Submitted> placed = wait(desk.service->submit(order.value()));
    if (!placed) return false;
    desk.order = placed.value().order;
    return true;
}

bool report(Desk& desk) {
    CommittedEvent last;
    for (const CommittedEvent& event : OrderEvents(*desk.service, desk.order)) last = event;
    const auto* done = last ? std::get_if<ConfirmedData>(&last->data) : nullptr;
    if (done == nullptr) return false;
    std::cout << desk.name << ": " << to_text(done->amount_out) << " USDC on " << done->venue << "\n";
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string folder = argc > 1 ? argv[1] : ".";
        Desk north("north", folder, 3);
        Desk south("south", folder, 42);
        if (!place(north) || !place(south)) return 1;  // both are on their way now
        if (!report(north) || !report(south)) return 1;

        // Neither knows the other's order.
        const auto stranger = wait(south.service->load(north.order));
        std::cout << "south knows north's order: " << (stranger && stranger.value() ? "yes" : "no") << "\n";
        return stranger && !stranger.value() ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "several_engines: " << error.what() << "\n";
        return 1;
    }
}
