#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "net/ws_bytes.hpp"

namespace libexec::test {

/// One case of ws_corpus.txt, which explains itself.
struct WsRow {
    std::string id;
    std::string name;
    std::vector<std::string> frames;   // as written, "^" included
    std::vector<std::string> answers;  // as `shown_answer` shows them
};

inline std::vector<std::string> split_text(std::string_view text, std::string_view mark) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(mark);
        if (!text.empty()) parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + mark.size());
    }
}

/// The bytes of a PAYLOAD.
inline std::string payload_bytes(std::string_view text) {
    const auto byte_at = [](std::string_view hex) {
        return static_cast<char>(std::stoi(std::string(hex.substr(0, 2)), nullptr, 16));
    };
    std::string bytes;
    for (std::string_view rest = text; !rest.empty();) {
        if (rest.front() == '"') {
            const std::size_t end = rest.find('"', 1);
            if (end == std::string_view::npos) throw std::runtime_error("bad payload: " + std::string(text));
            bytes += rest.substr(1, end - 1);
            rest.remove_prefix(end + 1);
        } else {
            const std::string_view part = rest.substr(0, rest.find('+'));
            const std::size_t star = part.find('*');
            if (star != std::string_view::npos) {
                bytes += std::string(std::stoul(std::string(part.substr(0, star))),
                                     byte_at(part.substr(star + 1)));
            } else {
                for (std::size_t i = 0; i < part.size(); i += 2) bytes += byte_at(part.substr(i));
            }
            rest.remove_prefix(part.size());
        }
        if (rest.starts_with('+')) rest.remove_prefix(1);
    }
    return bytes;
}

/// "text:" and the bytes; those of a long payload as their number and a checksum, to keep failures readable.
inline std::string shown_answer(std::string_view kind, std::string_view payload) {
    if (payload.size() <= 64) return std::string(kind) + ":" + std::string(payload);
    std::uint64_t sum = 14'695'981'039'346'656'037U;  // FNV-1a
    for (const char c : payload) sum = (sum ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    return std::string(kind) + ":#" + std::to_string(payload.size()) + "/" + std::to_string(sum);
}

inline std::vector<WsRow> ws_corpus() {
    std::ifstream file(WS_CORPUS_FILE);
    if (!file) throw std::runtime_error("cannot read " WS_CORPUS_FILE);
    std::vector<WsRow> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        std::vector<std::string> columns = split_text(line, " | ");
        if (columns.size() < 4) throw std::runtime_error("bad row: " + line);
        WsRow row;
        row.id = columns[0];
        row.name = columns[1];
        row.frames = split_text(columns[2], " ");
        for (const std::string& answer : split_text(columns[3], " ")) {
            if (answer == "-") continue;
            const std::size_t colon = answer.find(':');
            const std::string kind = answer.substr(0, colon);
            const std::string rest = answer.substr(colon + 1);
            row.answers.push_back(kind == "close" ? answer : shown_answer(kind, payload_bytes(rest)));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

/// The same single text frame as fragments of one byte each; nothing for other rows.
inline std::vector<std::string> one_byte_fragments(const WsRow& row) {
    std::vector<std::string> frames;
    const bool utf8 = row.id.starts_with("6.1.") || row.id.starts_with("6.2.") || row.id.starts_with("6.3.");
    if (!utf8) return frames;
    const std::string bytes = payload_bytes(std::string_view(row.frames.front()).substr(3));
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        frames.push_back(std::string(i == 0 ? "01:" : "00:") + digits[byte >> 4] + digits[byte & 15]);
    }
    frames.emplace_back("80:");
    return frames;
}

/// The bytes of frames as a client (masked) or a server sends them, up to "^".
inline std::string encode_frames(const std::vector<std::string>& frames, bool from_client) {
    std::string bytes;
    for (const std::string& text : frames) {
        if (text == "^") break;
        const int first = std::stoi(text.substr(0, 2), nullptr, 16);
        const std::size_t mark = text.find_first_of(":=");
        const std::string spelling = text.substr(2, mark - 2);
        FrameSpelling how;
        how.masked = (spelling == "!") != from_client;
        how.length_bytes = spelling == "/16" ? 2 : spelling == "/64" ? 8 : 0;
        const std::string rest = text.substr(mark + 1);
        if (text[mark] == '=')
            bytes += frame_header(first, std::stoull(rest), how);
        else
            bytes += frame_bytes(first, payload_bytes(rest), how);
    }
    return bytes;
}

}  // namespace libexec::test
