// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// A file to read from anywhere in it: bytes at 64-bit offsets, so that a network of many gigabytes
// is never held whole. A gzip file is inflated into memory on opening and then looks like any
// other.

#include <shardbound/core/errors.hpp>

#include <zlib.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace shardbound::inline v0::io {

/// A name of a file's as it may stand in a message: '?' for control characters, which a terminal would obey.
inline std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
  return text;
}

/// What is wrong with a file: its name, then a sentence in which names that it holds may stand as they are.
inline FormatError format_error(const std::string& file, const std::string& sentence) {
  return FormatError(file + ": " + printable(sentence));
}

/// The opening of every message about a place in a file.
inline std::string at_byte(const std::string& file, std::int64_t offset) {
  return file + ": byte " + std::to_string(offset) + ": ";
}

/// Read-only bytes under a name. Reading is const and may happen on several threads at once.
class InputFile {
 public:
  /// The most bytes that a compressed file may inflate to, unless the caller says otherwise.
  static constexpr std::int64_t inflated_limit = std::int64_t{8} << 30;

  /// Opens a file; if it is gzip, inflates all of it. Throws FormatError if it cannot be opened, is
  /// not a regular file, or is a damaged or cut gzip file or one of more than `limit` bytes.
  explicit InputFile(const std::string& path, std::int64_t limit = inflated_limit)
      : InputFile(AsStored{}, path) {
    inflate_if_gzip(limit);
  }

  /// Opens a file of plain numbers, whose first bytes may be anything.
  static InputFile as_stored(const std::string& path) { return InputFile(AsStored{}, path); }

  /// Bytes that are in memory already; `name` stands for the file in messages.
  static InputFile from_bytes(std::string bytes, std::string name,
                              std::int64_t limit = inflated_limit) {
    InputFile file(std::move(bytes), std::move(name), InMemory{});
    file.inflate_if_gzip(limit);
    return file;
  }

  InputFile(InputFile&& other) noexcept
      : name_(std::move(other.name_)),
        bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile() { close(); }

  const std::string& name() const { return name_; }

  /// Bytes to be read, after inflating.
  std::int64_t size() const { return size_; }

  /// Copies `bytes` bytes from `offset` on. Throws FormatError if the file ends before.
  void read(std::int64_t offset, void* to, std::int64_t bytes) const {
    if (offset < 0 || bytes < 0 || offset > size_ || bytes > size_ - offset)
      fail("ends early, at byte " + std::to_string(size_) + ": " + std::to_string(bytes) +
           " bytes were wanted at byte " + std::to_string(offset));
    if (descriptor_ < 0) {
      if (bytes > 0) std::memcpy(to, bytes_.data() + offset, static_cast<std::size_t>(bytes));
      return;
    }
    auto* next = static_cast<char*>(to);
    while (bytes > 0) {
      const auto piece = static_cast<std::size_t>(std::min(bytes, std::int64_t{1} << 30));
      const auto got = ::pread(descriptor_, next, piece, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("cannot be read: " + system_sentence(errno));
      if (got == 0) fail("was cut while it was read, at byte " + std::to_string(offset));
      next += got, offset += got, bytes -= got;
    }
  }

  /// All of it. Throws FormatError if that is more than `limit` bytes.
  std::string read_all(std::int64_t limit) const {
    if (size_ > limit)
      fail("is too large: " + std::to_string(size_) + " bytes where at most " +
           std::to_string(limit) + " are read");
    std::string all(static_cast<std::size_t>(size_), '\0');
    read(0, all.data(), size_);
    return all;
  }

  /// A checksum of all of it (CRC-32), by which ranks find out that they were not given the same file.
  std::uint32_t checksum() const {
    std::vector<unsigned char> piece(std::size_t{1} << 20);
    uLong sum = ::crc32_z(0, nullptr, 0);
    for (std::int64_t at = 0; at < size_;) {
      const auto bytes = std::min(static_cast<std::int64_t>(piece.size()), size_ - at);
      read(at, piece.data(), bytes);
      sum = ::crc32_z(sum, piece.data(), static_cast<std::size_t>(bytes));
      at += bytes;
    }
    return static_cast<std::uint32_t>(sum);
  }

 private:
  struct AsStored {};
  InputFile(AsStored, const std::string& path) : name_(path) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) fail("cannot be opened: " + system_sentence(errno));
    try {
      struct stat status = {};
      if (::fstat(descriptor_, &status) != 0) fail("cannot be read: " + system_sentence(errno));
      if (S_ISDIR(status.st_mode)) fail("is a directory; a file is wanted");
      if (!S_ISREG(status.st_mode)) fail("is not a regular file");
      size_ = status.st_size;
    } catch (...) {
      close();
      throw;
    }
  }

  struct InMemory {};
  InputFile(std::string bytes, std::string name, InMemory)
      : name_(std::move(name)),
        bytes_(std::move(bytes)),
        size_(static_cast<std::int64_t>(bytes_.size())) {}

  [[noreturn]] void fail(const std::string& sentence) const {
    throw FormatError(name_ + ": " + sentence);
  }

  static std::string system_sentence(int error) {
    return std::error_code(error, std::generic_category()).message();
  }

  void close() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  void inflate_if_gzip(std::int64_t limit) {
    unsigned char magic[2] = {};
    if (size_ < 2 && name_.ends_with(".gz"))
      fail("ends early, at byte " + std::to_string(size_) + ": it is no gzip file yet");
    if (size_ < 2) return;
    read(0, magic, 2);
    if (magic[0] != 0x1f || magic[1] != 0x8b) return;
    try {
      bytes_ = inflated(limit);
    } catch (const std::bad_alloc&) {
      throw OutOfMemory(name_ + ": no memory to inflate its " + std::to_string(size_) + " bytes");
    }
    size_ = static_cast<std::int64_t>(bytes_.size());
    close();
  }

  // Every member of a gzip file, one after the other (RFC 1952); nothing else may follow them.
  std::string inflated(std::int64_t limit) const {
    struct Stream : z_stream {
      Stream() : z_stream{} {
        if (::inflateInit2(this, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
      }
      Stream(const Stream&) = delete;
      Stream& operator=(const Stream&) = delete;
      ~Stream() { ::inflateEnd(this); }
    } stream;

    std::vector<unsigned char> packed(
        static_cast<std::size_t>(std::min<std::int64_t>(size_, 1 << 18)));
    std::string out;
    std::size_t used = 0;
    std::int64_t next = 0, member = 0;
    for (bool inside = true; inside || stream.avail_in > 0 || next < size_;) {
      if (stream.avail_in == 0 && next < size_) {
        const auto piece = std::min(size_ - next, static_cast<std::int64_t>(packed.size()));
        read(next, packed.data(), piece);
        next += piece;
        stream.next_in = packed.data();
        stream.avail_in = static_cast<uInt>(piece);
      }
      if (!inside) {
        member = next - static_cast<std::int64_t>(stream.avail_in);
        ::inflateReset(&stream);
        inside = true;
      }
      if (used == out.size()) {
        const auto most = static_cast<std::size_t>(limit);
        if (used > most) fail_inflated(limit);
        out.resize(std::min(std::max<std::size_t>(2 * used, 1 << 16), most + 1));
      }
      const auto room = std::min<std::size_t>(out.size() - used, std::size_t{1} << 30);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream.avail_out = static_cast<uInt>(room);
      const int state = ::inflate(&stream, Z_NO_FLUSH);
      used += room - stream.avail_out;
      if (used > static_cast<std::size_t>(limit)) fail_inflated(limit);
      if (state == Z_STREAM_END) {
        inside = false;
      } else if (state == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (state == Z_BUF_ERROR || state == Z_OK) {
        if (stream.avail_in == 0 && next == size_ && stream.avail_out > 0)
          fail("ends early, at byte " + std::to_string(size_) +
               ": its compressed data is not complete");
      } else {
        const auto here = next - static_cast<std::int64_t>(stream.avail_in);
        if (member > 0 && here - member < 10)
          fail("is damaged: what follows its compressed data at byte " + std::to_string(member) +
               " is not gzip");
        fail("is damaged: its compressed data is invalid near byte " + std::to_string(here) +
             (stream.msg ? std::string(" (") + stream.msg + ")" : std::string()));
      }
    }
    out.resize(used);
    out.shrink_to_fit();
    return out;
  }

  [[noreturn]] void fail_inflated(std::int64_t limit) const {
    fail("is too large: it inflates to more than " + std::to_string(limit) + " bytes");
  }

  std::string name_;
  std::string bytes_;  // of a file in memory or inflated; else empty, and see descriptor_
  std::int64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace shardbound::inline v0::io
