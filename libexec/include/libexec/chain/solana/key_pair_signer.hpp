#pragma once

#include <functional>

#include "libexec/chain/chain.hpp"
#include "libexec/solana/key_pair.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {

/// Signs with a key pair of its own, after a look at what it signs. Errors: policy_refused, as "rule: words".
class KeyPairSigner final : public Signer {
public:
    /// Says whether a message does no more than the terms allow. May be asked at any time.
    using Check = std::function<Result<Done>(const Message&, const SwapTerms&)>;

    /// Throws std::invalid_argument for a check that is none.
    KeyPairSigner(KeyPair pair, Check check);

    /// Who pays for whatever it signs.
    const PublicKey& wallet() const { return pair_.public_key(); }

    /// Signs a message that the wallet pays for, that all its other signers have signed and that passes the
    /// check. The signatures are verified before they are given.
    Task<Result<SignedTransaction>> sign(UnsignedTransaction transaction, SwapTerms terms) override;
    /// The same at once: nothing in it waits.
    Result<SignedTransaction> sign_now(const UnsignedTransaction& transaction, const SwapTerms& terms) const;

private:
    const KeyPair pair_;
    const Check check_;
};

}  // namespace libexec
