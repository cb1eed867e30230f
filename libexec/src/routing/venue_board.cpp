#include "libexec/routing/venue_board.hpp"

namespace libexec {

void VenueBoard::note(std::string_view venue, const VenueLastQuote& quote) {
    const std::lock_guard lock(mutex_);
    for (VenueStatus& status : venues_) {
        if (status.name == venue) status.last_quote = quote;
    }
}

std::vector<VenueStatus> VenueBoard::read() const {
    const std::lock_guard lock(mutex_);
    return venues_;
}

}  // namespace libexec
