// Lines between an engine and a chain process: whatever is taken for a call or an answer is within its bounds
// and reads the same when it is written again; whatever is refused says which member broke which rule.

#include "fuzz/fuzz_target.hpp"
#include "libexec/chain/sim/chain_wire.hpp"
#include "libexec/chain/sim/sim_troubles.hpp"
#include "libexec/json/value.hpp"

using namespace libexec;
using fuzz::require;

namespace {

void check_refusal(const Rejection& why) {
    require(why.reason == Reason::invalid_body, "a bad line is the other side's mistake");
    require(!why.detail.empty() && why.detail.size() < 512, "a refusal says something, and not without end");
}

void check_written(const std::string& line) {
    require(line.find('\n') == std::string::npos, "a message is one line");
    require(line.size() <= chain_line_bytes_max, "a message is no longer than the longest line");
    require(static_cast<bool>(JsonValue::parse(line)), "a message is JSON");
}

void check_call(std::string_view line) {
    const Result<ChainCall> call = decode_chain_call(line);
    if (!call) return check_refusal(call.error());
    require(call.value().signature.size() <= 128, "a signature is short");
    require(call.value().bytes.size() <= 4'096, "so is a transaction");
    require(call.value().node <= 15, "nodes are few");
    require(call.value().op != ChainOp::send || !call.value().bytes.empty(), "there is something to send");
    const std::string written = encode_chain_call(call.value());
    check_written(written);
    const Result<ChainCall> again = decode_chain_call(written);
    require(again && again.value() == call.value(), "a call reads the same when it is written again");
    if (call.value().op != ChainOp::trouble) return;
    const Result<SimTroubles> troubles = switched(SimTroubles(), call.value().name, call.value().value);
    if (!troubles) return require(!troubles.error().detail.empty(), "a fault that is refused says why");
    SimTroubles same;
    for (const auto& [name, value] : listed(troubles.value())) same = switched(same, name, value).value();
    require(same == troubles.value(), "faults are told in the words that set them");
}

void check_reply(std::string_view line) {
    const Result<ChainReply> reply = decode_chain_reply(line);
    if (!reply) return check_refusal(reply.error());
    const ChainReply& said = reply.value();
    require(said.anchor.last_valid_height <= Amount::most && said.anchor.slot <= Amount::most,
            "what goes into a database fits there");
    require(!said.landed || said.landed->slot <= Amount::most, "slots, too");
    require(!said.error || said.error->detail.size() <= 1'024, "a sentence is short");
    const std::string written = encode_chain_reply(said);
    check_written(written);
    const Result<ChainReply> again = decode_chain_reply(written);
    require(static_cast<bool>(again), "an answer can be written again");
    require(encode_chain_reply(again.value()) == written, "and then reads the same");
    require(again.value().status.found == said.status.found && again.value().stands == said.stands,
            "what a proof hangs on above all");
}

void check_address(std::string_view text) {
    const std::optional<ChainAddress> address = parse_chain_address(text);
    if (!address) return;
    require(address->port > 0 && !address->host.empty(), "an address has both parts");
    require(parse_chain_address(to_text(*address)) == address,
            "an address reads the same when it is written");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view line = fuzz::text_of(data, size);
    check_call(line);
    check_reply(line);
    check_address(line);
    return 0;
}
