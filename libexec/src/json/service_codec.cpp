#include "libexec/json/service_codec.hpp"

#include "json_writer.hpp"

namespace libexec {

using json::Writer;

std::string encode_queue_metrics(const QueueMetrics& metrics) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.flag("success", true);
    out.object("metrics");
    out.number("waiting", metrics.waiting);
    out.number("active", metrics.active);
    out.number("completed", metrics.completed);
    out.number("failed", metrics.failed);
    out.number("delayed", metrics.delayed);
    out.number("total",
               metrics.waiting + metrics.active + metrics.completed + metrics.failed + metrics.delayed);
    if (metrics.oldest_waiting) {
        out.number("oldestWaitingMs", static_cast<std::uint64_t>(metrics.oldest_waiting->count()));
    } else {
        out.null("oldestWaitingMs");
    }
    out.end_object();
    out.end_object();
    return text;
}

std::string encode_health(Time now, std::uint64_t connections, const std::string& trouble) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("status", trouble.empty() ? "ok" : "degraded");
    if (!trouble.empty()) out.text("detail", trouble);
    out.time("timestamp", now);
    out.object("queue");
    out.number("activeConnections", connections);
    out.end_object();
    out.end_object();
    return text;
}

std::string encode_tokens(const std::vector<Token>& tokens) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.list("tokens");
    for (const Token& token : tokens) {
        out.begin_object();
        out.text("symbol", token.symbol);
        out.text("mint", token.mint.to_string());
        out.number("decimals", token.decimals);
        out.end_object();
    }
    out.end_list();
    out.end_object();
    return text;
}

std::string encode_version(const std::string& version) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("name", "execd");
    out.text("version", version);
    out.end_object();
    return text;
}

}  // namespace libexec
