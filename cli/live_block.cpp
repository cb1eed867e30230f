#include "live_block.hpp"

#include <algorithm>
#include <ostream>

namespace libexec::cli {

std::size_t LiveBlock::lines_most() const {
    return std::max<std::size_t>(console_.style.rows, 5) - 1;  // the cursor stands on one more
}

std::size_t LiveBlock::columns_most() const { return std::max<std::size_t>(console_.style.columns, 2) - 1; }

void LiveBlock::draw(const std::string& text) {
    measure();
    // A wrapped line would be two, and going up by one would leave its rest behind.
    std::string block;
    std::size_t lines = 0;
    for (std::size_t begin = 0; begin < text.size() && lines < lines_most(); ++lines) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        block += cut_to_width(std::string_view(text).substr(begin, end - begin), columns_most()) + "\x1b[K\n";
        begin = end + 1;
    }
    std::string frame;
    if (drawn_ > 0) frame = "\x1b[" + std::to_string(drawn_) + "A\r";
    console_.out << frame + block + "\x1b[J" << std::flush;
    drawn_ = lines;
}

void LiveBlock::measure() {
    if (!console_.style.follows_window) return;
    const TerminalFacts now = standard_output_facts();
    if (now.columns < console_.style.columns) {
        // The terminal has wrapped what was drawn wider: where it begins is not known any more.
        drawn_ = 0;
    }
    console_.style.columns = now.columns;
    console_.style.rows = now.rows;
}

}  // namespace libexec::cli
