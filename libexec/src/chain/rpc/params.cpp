#include "params.hpp"

#include "libexec/json/value.hpp"
#include "libexec/model/mint.hpp"

namespace libexec {

RpcOptions& RpcOptions::json(std::string_view name, std::string_view value) {
    if (!inside_.empty()) inside_ += ',';
    inside_ += quoted(name) + ":";
    inside_ += value;
    return *this;
}

RpcOptions& RpcOptions::text(std::string_view name, std::string_view value) {
    return json(name, to_json_string(value));
}

RpcOptions& RpcOptions::number(std::string_view name, std::uint64_t value) {
    return json(name, std::to_string(value));
}

RpcOptions& RpcOptions::flag(std::string_view name, bool value) {
    return json(name, value ? "true" : "false");
}

RpcOptions& RpcOptions::commitment(Commitment commitment) {
    return text("commitment", to_string(commitment));
}

RpcOptions& RpcOptions::min_context_slot(std::uint64_t slot) {
    return slot == 0 ? *this : number("minContextSlot", slot);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string json_list(const std::vector<std::string>& texts) {
    std::string list = "[";
    for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + to_json_string(text);
    return list + "]";
}

std::string json_list(const std::vector<PublicKey>& keys) {
    std::vector<std::string> texts;
    texts.reserve(keys.size());
    for (const PublicKey& key : keys) texts.push_back(key.to_string());
    return json_list(texts);
}

bool is_signature(std::string_view text) {
    constexpr std::size_t signature_bytes = 64;
    const std::optional<Bytes> bytes = from_base58(text);
    return bytes && bytes->size() == signature_bytes;
}

}  // namespace libexec
