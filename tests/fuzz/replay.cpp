// Reads a corpus again: replay FOLDER... One bad file ends the program with its name as the last line
// printed.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/fuzz_target.hpp"

namespace {

std::vector<std::filesystem::path> files_in(int count, char** folders) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < count; ++i) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folders[i])) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    stream.exceptions(std::ios::badbit);
    if (!stream.is_open()) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void run(const std::string& bytes) {
    fuzz_one(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** folders) {
    try {
        const auto files = files_in(count, folders);
        if (files.empty()) throw std::runtime_error("there are no files to replay");
        run({});
        for (const auto& file : files) {
            // Named before it runs: a sanitizer's report says where, this says with what.
            std::printf("%s\n", file.c_str());
            std::fflush(stdout);
            run(bytes_of(file));
        }
        std::printf("%zu files replayed\n", files.size());
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "replay: %s\n", error.what());
        return 1;
    }
}
