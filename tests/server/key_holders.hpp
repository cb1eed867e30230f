#pragma once

#include <map>
#include <string>
#include <vector>

#include "libexec/access/gate.hpp"
#include "libexec/access/request_signature.hpp"
#include "server/api_server.hpp"

namespace libexec::test {

/// Keys for tests, and what their holders have.
class KeyHolders {
public:
    /// A bearer key; `id` has 4 to 32 of a-z and 0-9.
    ApiKey& bearer(const std::string& id, const std::string& account, const std::string& scopes) {
        ApiKey& key = add(id, account, scopes);
        tokens_[id] = give_secret(key).to_string();
        return key;
    }
    /// One that signs.
    ApiKey& signer(const std::string& id, const std::string& account, const std::string& scopes) {
        ApiKey& key = add(id, account, scopes);
        const SigningKey made = SigningKey::generate(id);
        key.kind = ApiKey::Kind::ed25519;
        key.proof = made.public_key();
        signers_.emplace(id, made);
        return key;
    }
    std::vector<ApiKey> all() const {
        std::vector<ApiKey> keys;
        for (const auto& [id, key] : keys_) keys.push_back(key);
        return keys;
    }

    const std::string& token(const std::string& id) const { return tokens_.at(id); }
    /// A header line with its CR LF.
    std::string bearing(const std::string& id) const { return "Authorization: Bearer " + token(id) + "\r\n"; }
    /// Four of them.
    std::string signing(const std::string& id, const std::string& method, const std::string& target,
                        const std::string& body, Time at) const {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
        const std::string timestamp = std::to_string(ms);
        const std::string nonce = new_nonce();
        const std::string signature = signers_.at(id).sign({id, method, target, timestamp, nonce, body});
        return "X-Api-Key: " + id + "\r\nX-Timestamp: " + timestamp + "\r\nX-Nonce: " + nonce +
               "\r\nX-Signature: " + signature + "\r\n";
    }

private:
    ApiKey& add(const std::string& id, const std::string& account, const std::string& scopes) {
        ApiKey& key = keys_[id];
        key.id = id;
        key.name = id;
        key.account = account;
        key.scopes = Scopes::parse(scopes).value();
        return key;
    }

    std::map<std::string, ApiKey> keys_;
    std::map<std::string, std::string> tokens_;
    std::map<std::string, SigningKey> signers_;
};

}  // namespace libexec::test
