#include <ostream>
#include <utility>

#include "wire.hpp"

namespace libexec::cli {
namespace {

/// A word as a shell takes it, whatever is in it.
std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

class TracingWire final : public Wire {
public:
    TracingWire(Wire& wire, std::ostream& err, TlsTrust trust, bool with_key)
        : wire_(wire), err_(err), trust_(std::move(trust)), with_key_(with_key) {}

    HttpOutcome exchange(const HttpCall& call, HttpSink* sink) override {
        err_ << "curl -sS -X " << call.method;
        if (trust_.anybody) err_ << " -k";
        if (!trust_.ca_cert.empty()) err_ << " --cacert " << quoted(trust_.ca_cert);
        for (const std::string& header : call.headers) err_ << " -H " << quoted(header);
        if (with_key_) err_ << " -H \"Authorization: Bearer $EXEC_API_KEY\"";
        if (!call.body.empty()) err_ << " -d " << quoted(call.body);
        err_ << " " << quoted(call.url) << std::endl;
        return wire_.exchange(call, sink);
    }
    bool pause(std::chrono::milliseconds time) override { return wire_.pause(time); }
    std::chrono::steady_clock::time_point now() const override { return wire_.now(); }

private:
    Wire& wire_;
    std::ostream& err_;
    const TlsTrust trust_;
    const bool with_key_;
};

}  // namespace

std::unique_ptr<Wire> make_tracing_wire(Wire& wire, std::ostream& err, TlsTrust trust, bool with_key) {
    return std::make_unique<TracingWire>(wire, err, std::move(trust), with_key);
}

}  // namespace libexec::cli
