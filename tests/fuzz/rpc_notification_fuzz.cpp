// What a node may say to its subscribers, a line a message. Nothing that breaks a rule is told to anybody, a
// signature is told once, and silence and gaps take turns.

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "chain/rpc/subscription_table.hpp"
#include "fuzz/fuzz_target.hpp"

using namespace libexec;
using fuzz::require;

namespace {

constexpr std::uint64_t slot_most = INT64_MAX;

struct Heard {
    bool listening = false;
    bool landed = false;
    std::size_t notices = 0;
};

void check_notice(const RpcNotice& notice) {
    if (const auto* const account = std::get_if<RpcAccountNotice>(&notice)) {
        require(account->slot <= slot_most, "a slot fits into a database");
        require(account->state.data.size() <= 10 * 1024 * 1024, "an account is no larger than the chain's");
    }
    if (const auto* const landed = std::get_if<RpcSignatureNotice>(&notice)) {
        require(landed->slot <= slot_most, "a slot fits into a database");
        require(!landed->error || (!landed->error->kind.empty() && landed->error->words.size() <= 4'096),
                "an error has a name and an end");
    }
    if (const auto* const slot = std::get_if<RpcSlotNotice>(&notice)) {
        require(slot->slot <= slot_most && slot->root <= slot->slot, "a slot is not before its root");
        require(slot->slot == 0 || slot->parent < slot->slot, "and after its parent");
    }
    if (const auto* const silence = std::get_if<RpcSilence>(&notice)) {
        const std::string& words = silence->why.detail;
        require(!words.empty() && words.size() < 4'096, "silence says why");
        require(std::none_of(words.begin(), words.end(), [](char c) { return c == '\n' || c == '\0'; }),
                "in one line");
    }
}

class Session {
public:
    Session() : table_(8, 2) {
        for (const RpcTopic::Kind kind :
             {RpcTopic::Kind::account, RpcTopic::Kind::signature, RpcTopic::Kind::slot}) {
            RpcTopic topic;
            topic.kind = kind;
            if (kind == RpcTopic::Kind::signature) topic.signature = std::string(88, '2');
            for (int i = 0; i < 2; ++i) {
                listeners_.push_back(std::make_shared<RpcListener>(topic, [](const RpcNotice&) {}));
                table_.add(listeners_.back());
            }
        }
        table_.connected();
        // Requests 1, 2 and 3.
        while (table_.next_request()) {
        }
    }

    /// False when the connection would be made anew.
    bool hear(std::string_view line) {
        const Result<RpcTellings> tellings = table_.take(line);
        if (!tellings) {
            require(tellings.error().reason == Reason::invalid_body, "a bad message is the node's mistake");
            require(!tellings.error().detail.empty(), "and says what was wrong");
            tell(table_.disconnected(tellings.error()));
            return false;
        }
        require(tellings.value().size() <= 2, "one message is about one topic");
        tell(tellings.value());
        while (table_.next_request()) {
        }
        table_.tick(1'000'000);
        require(table_.listeners() <= listeners_.size(), "nobody joins by himself");
        return true;
    }

private:
    void tell(const RpcTellings& tellings) {
        for (const RpcTelling& telling : tellings) {
            Heard& heard = heard_[telling.listener.get()];
            require(!heard.landed, "after a signature has landed nothing is told");
            check_notice(telling.notice);
            const bool is_gap = std::holds_alternative<RpcGap>(telling.notice);
            const bool is_silence = std::holds_alternative<RpcSilence>(telling.notice);
            require(is_gap || is_silence || heard.listening, "nothing is told before the gap");
            require(!is_gap || !heard.listening, "a gap is told once");
            if (is_gap) heard.listening = true;
            if (is_silence) heard.listening = false;
            heard.landed = std::holds_alternative<RpcSignatureNotice>(telling.notice);
            ++heard.notices;
        }
    }

    SubscriptionTable table_;
    std::vector<std::shared_ptr<RpcListener>> listeners_;
    std::map<const RpcListener*, Heard> heard_;
};

/// Each kind of notice, whatever the message says that it is.
void check_readers(std::string_view line) {
    const Result<PubsubMessage> message = decode_pubsub_message(line);
    if (!message) return;
    const auto* const said = std::get_if<PubsubNotification>(&message.value());
    if (said == nullptr) return;
    for (const char* const method : {"accountNotification", "signatureNotification", "slotNotification"}) {
        for (const RpcTopic::Kind kind :
             {RpcTopic::Kind::account, RpcTopic::Kind::signature, RpcTopic::Kind::slot}) {
            RpcTopic topic;
            topic.kind = kind;
            PubsubNotification as = *said;
            as.method = method;
            const auto notice = read_notice(as, topic);
            if (notice && notice.value()) check_notice(*notice.value());
        }
    }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    Session session;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        check_readers(line);
        if (!session.hear(line)) break;
    }
    return 0;
}
