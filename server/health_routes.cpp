#include "health_routes.hpp"

#include "feed_routes.hpp"
#include "libexec/json/service_codec.hpp"

namespace libexec::server {
namespace {

HttpResponse plain(int status, std::string text) {
    return HttpResponse(status, std::move(text), "text/plain; charset=utf-8");
}

}  // namespace

std::string HealthRoutes::trouble() const {
    if (draining_ || service_.draining()) return "draining: this node is stopping";
    Result<Done> health = service_.health();
    if (health) health = service_.chain_health();
    return health ? std::string()
                  : std::string(to_string(health.error().reason)) + ": " + health.error().detail;
}

Task<void> HealthRoutes::livez(Call& call) {
    call.answer(plain(200, "ok\n"));
    co_return;
}

Task<void> HealthRoutes::readyz(Call& call) {
    const bool stopping = draining_ || service_.draining();
    const Result<Done> store = service_.health();
    const Result<Done> chain = service_.chain_health();
    const bool ready = !stopping && store && chain;
    std::string text;
    if (call.request().query_parameter("verbose")) {
        text += stopping ? "[-] accepting: this node is stopping\n" : "[+] accepting ok\n";
        text += store ? "[+] store ok\n" : "[-] store: " + store.error().detail + "\n";
        text += chain ? "[+] chain ok\n" : "[-] chain: " + chain.error().detail + "\n";
    }
    text += ready ? "ready\n" : "not ready: " + trouble() + "\n";
    call.answer(plain(ready ? 200 : 503, std::move(text)));
    co_return;
}

Task<void> HealthRoutes::health(Call& call) {
    call.answer(200, encode_health(clock_.now(), sockets_.total(), trouble()));
    co_return;
}

Task<void> HealthRoutes::queue(Call& call) {
    const Result<QueueCounts> counted = co_await service_.queue();
    if (!counted) {
        call.refuse(counted.error());
        co_return;
    }
    Result<std::vector<StoreNode>> nodes = co_await service_.nodes();
    if (!nodes) {
        call.refuse(nodes.error());
        co_return;
    }
    call.answer(200, encode_queue_metrics(metrics_of(counted.value(), clock_.now()), nodes.value()));
}

Task<void> HealthRoutes::nodes(Call& call) {
    const Result<std::vector<StoreNode>> nodes = co_await service_.nodes();
    if (!nodes) {
        call.refuse(nodes.error());
        co_return;
    }
    call.answer(200, encode_nodes(nodes.value()));
}

Task<void> HealthRoutes::version(Call& call) {
    call.answer(200, encode_version(version_));
    co_return;
}

Task<void> HealthRoutes::tokens(Call& call) {
    const TokenList::Snapshot tokens = tokens_.get();
    call.answer(200, encode_tokens(tokens->all()));
    co_return;
}

Task<void> HealthRoutes::openapi(Call& call) {
    call.answer(200, openapi_);
    co_return;
}

}  // namespace libexec::server
