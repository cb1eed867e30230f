#include "write_backend.hpp"

#include "sql.hpp"

namespace libexec {

Trial::Outcome outcome_of(const SqlTrouble& trouble, TrialStage stage, bool wrote, bool isolated) {
    using Kind = SqlTrouble::Kind;
    const bool silent = trouble.kind == Kind::uncertain || trouble.kind == Kind::gone;
    if (stage == TrialStage::committing && wrote && silent) return Trial::Outcome::uncertain;
    if (stage == TrialStage::connecting || trouble.kind == Kind::gone) return Trial::Outcome::unable;
    const bool unwelcome = trouble.kind == Kind::constraint && stage == TrialStage::writing;
    return unwelcome && !isolated ? Trial::Outcome::constraint : Trial::Outcome::refused;
}

}  // namespace libexec
