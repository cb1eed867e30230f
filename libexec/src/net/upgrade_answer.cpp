#include "upgrade_answer.hpp"

#include <http_parser.h>

#include <algorithm>
#include <charconv>

#include "tokens.hpp"
#include "ws_codec.hpp"

namespace libexec {

namespace {

constexpr std::chrono::seconds retry_after_most{3'600};

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

/// What http_parser finds in a head.
struct UpgradeAnswer::Head {
    bool complete = false;
    int status = 0;
    int version = 0;  ///< 11: HTTP/1.1
    bool value_follows = false;
    std::vector<std::pair<std::string, std::string>> fields;

    std::vector<std::string_view> values(std::string_view name) const {
        std::vector<std::string_view> found;
        for (const auto& [field, value] : fields) {
            if (same_word(field, name)) found.push_back(trim(value));
        }
        return found;
    }
    bool has_token(std::string_view name, std::string_view token) const {
        for (std::string_view value : values(name)) {
            while (!value.empty()) {
                if (same_word(trim(cut_at(value, ',')), token)) return true;
            }
        }
        return false;
    }

    static int on_field(http_parser* parser, const char* at, std::size_t size) {
        Head& head = *static_cast<Head*>(parser->data);
        if (head.fields.empty() || head.value_follows) head.fields.emplace_back();
        head.value_follows = false;
        head.fields.back().first.append(at, size);
        return 0;
    }
    static int on_value(http_parser* parser, const char* at, std::size_t size) {
        Head& head = *static_cast<Head*>(parser->data);
        if (head.fields.empty()) return 1;
        head.value_follows = true;
        head.fields.back().second.append(at, size);
        return 0;
    }
    static int on_complete(http_parser* parser) {
        Head& head = *static_cast<Head*>(parser->data);
        head.complete = true;
        head.status = static_cast<int>(parser->status_code);
        head.version = parser->http_major * 10 + parser->http_minor;
        return 2;  // the parser stops here: what follows is no body
    }
};

UpgradeAnswer::UpgradeAnswer(std::string_view key, std::size_t head_bytes_max)
    : accept_(ws_accept_key(key)), head_bytes_max_(head_bytes_max) {}

UpgradeAnswer::Step UpgradeAnswer::refuse(Reason reason, std::string why) {
    refusal_ = reject(reason, std::move(why));
    return Step::refused;
}

UpgradeAnswer::Step UpgradeAnswer::too_long() {
    return refuse(Reason::service_unavailable,
                  "its answer has a head of more than " + std::to_string(head_bytes_max_) + " bytes");
}

UpgradeAnswer::Step UpgradeAnswer::consume(std::string_view bytes, std::size_t& used) {
    used = 0;
    // Byte by byte up to the empty line, which is where any reader of HTTP ends a head, so that frames behind
    // it are never taken for part of it.
    while (used < bytes.size()) {
        if (taken_ == head_bytes_max_) return too_long();
        const char byte = bytes[used++];
        head_ += byte;
        ++taken_;
        const bool over = byte == '\n' && (head_.ends_with("\n\r\n") || head_.ends_with("\n\n"));
        if (!over && taken_ < head_bytes_max_) continue;
        if (!over) return too_long();
        http_parser parser;
        http_parser_init(&parser, HTTP_RESPONSE);
        http_parser_settings settings;
        http_parser_settings_init(&settings);
        settings.on_header_field = Head::on_field;
        settings.on_header_value = Head::on_value;
        settings.on_headers_complete = Head::on_complete;
        Head head;
        parser.data = &head;
        const std::size_t read = http_parser_execute(&parser, &settings, head_.data(), head_.size());
        const http_errno error = HTTP_PARSER_ERRNO(&parser);
        if (error != HPE_OK || !head.complete || read != head_.size()) {
            return refuse(Reason::service_unavailable,
                          std::string("its answer is no HTTP: ") +
                              (error == HPE_OK ? "the head is not whole" : http_errno_description(error)));
        }
        const Step step = judge(head);
        if (step != Step::more) return step;
    }
    return Step::more;
}

UpgradeAnswer::Step UpgradeAnswer::judge(const Head& head) {
    // 100, 102 and 103 announce the answer; all of them together keep to the bound of one.
    if (head.status / 100 == 1 && head.status != 101) {
        head_.clear();
        return Step::more;
    }
    status_ = head.status;
    if (head.status != 101) {
        if (const auto after = head.values("Retry-After"); after.size() == 1) {
            unsigned seconds = 0;
            const char* const end = after[0].data() + after[0].size();
            const auto [stop, error] = std::from_chars(after[0].data(), end, seconds);
            if (error == std::errc{} && stop == end)
                retry_after_ = std::min(std::chrono::seconds(seconds), retry_after_most);
        }
        return refuse(head.status == 429 ? Reason::rate_limited : Reason::service_unavailable,
                      "it answers " + std::to_string(head.status) + " instead of 101");
    }
    std::string trouble = trouble_with(head);
    if (trouble.empty()) return Step::upgraded;
    return refuse(Reason::service_unavailable, "its handshake is no WebSocket's: " + std::move(trouble));
}

std::string UpgradeAnswer::trouble_with(const Head& head) const {
    const auto upgrade = head.values("Upgrade");
    const auto accept = head.values("Sec-WebSocket-Accept");
    if (head.version != 11) return "it is not HTTP/1.1";
    if (upgrade.size() != 1 || !same_word(upgrade[0], "websocket")) return "Upgrade is not websocket";
    if (!head.has_token("Connection", "upgrade")) return "Connection does not say Upgrade";
    if (accept.size() != 1 || accept[0] != accept_) return "Sec-WebSocket-Accept is not that of our key";
    if (!head.values("Sec-WebSocket-Extensions").empty()) return "it has an extension nobody asked for";
    if (!head.values("Sec-WebSocket-Protocol").empty()) return "it has a subprotocol nobody asked for";
    return {};
}

}  // namespace libexec
