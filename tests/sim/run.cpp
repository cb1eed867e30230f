#include "sim/run.hpp"

#include "sim/clients.hpp"

namespace libexec::simulation {
namespace {

using namespace std::chrono_literals;

/// Long enough for every deadline, every lease and every proof, several times over.
constexpr auto calm_most = 300s;

void count_ends(Totals& totals, const Database& database) {
    for (const auto& [order, row] : database.rows()) {
        switch (row.order.status) {
            case OrderStatus::confirmed:
                ++totals.confirmed;
                break;
            case OrderStatus::failed:
                ++totals.failed;
                break;
            case OrderStatus::cancelled:
                ++totals.cancelled;
                break;
            case OrderStatus::expired:
                ++totals.expired;
                break;
            default:
                break;
        }
    }
}

}  // namespace

Outcome run_seed(std::uint64_t seed, Metrics& metrics, bool show_trace) {
    World world(seed, Plan(seed), show_trace);
    Judge judge(world);
    Database database(world, judge);
    JudgeChain chain(world, judge);
    judge.watch(database, chain);
    Shared shared{world, database, chain, judge, metrics, seed};
    std::vector<std::unique_ptr<Node>> nodes;
    shared.committed = [&](std::uint64_t writer) {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (i + 1 != writer && !world.strikes(world.plan.wake_lost)) nodes[i]->wake();
        }
    };
    for (std::uint64_t i = 1; i <= world.plan.nodes; ++i) nodes.push_back(std::make_unique<Node>(shared, i));
    for (const auto& node : nodes) node->start();
    Clients clients(shared, nodes);
    clients.start();

    const Time calm = world.start() + world.plan.faults_end;
    while (!judge.broken() && world.step(calm)) {
    }
    world.faults = false;
    world.note("calm", 0, "");
    const auto quiet = [&] { return database.live() == 0 && clients.done() && chain.on_its_way() == 0; };
    while (!judge.broken() && !quiet() && world.step(calm + calm_most)) {
    }
    if (!judge.broken()) judge.at_end(clients.done());

    ++world.totals.seeds;
    count_ends(world.totals, database);
    Outcome outcome;
    outcome.totals = world.totals;
    outcome.trace_hash = world.trace_hash();
    outcome.broken = judge.broken();
    return outcome;
}

}  // namespace libexec::simulation
