// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// The protobuf wire format, one field at a time, over a file of any size. Tags and numbers are
// decoded by protobuf's own CodedInputStream out of a small window; whatever carries a length is
// only located, so a network's weights stay in the file and protobuf's limit of 2 GB does not
// apply.

#include <shardbound/io/file.hpp>

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shardbound::inline v0::io {

static_assert(std::endian::native == std::endian::little,
              "shardbound::io: files are little-endian and are read without swapping. Fix: build "
              "for a little-endian machine.");

/// A stretch of a file.
struct ByteRange {
  std::int64_t offset = 0, length = 0;

  std::int64_t end() const { return offset + length; }
};

/// The few kilobytes of a file around the place that is being decoded, shared by nested readers.
class WireWindow {
 public:
  explicit WireWindow(const InputFile& file) : file_(&file), buffer_(capacity) {}

  const InputFile& file() const { return *file_; }

  /// Counts one more entry of some list in the file. False when there are more than any network
  /// has: an empty entry takes two bytes there and hundreds here, which a hostile file would
  /// exploit.
  bool count_entry() { return ++entries_ <= entry_limit; }

  /// At least `bytes` (a few) bytes from `offset` on, valid until the next call.
  const std::uint8_t* at(std::int64_t offset, std::int64_t bytes) {
    if (offset < offset_ || offset + bytes > offset_ + size_) {
      size_ = 0;
      const auto size = std::min(capacity, file_->size() - offset);
      file_->read(offset, buffer_.data(), std::max(size, bytes));
      offset_ = offset, size_ = size;
    }
    return buffer_.data() + (offset - offset_);
  }

 private:
  static constexpr std::int64_t capacity = 1 << 14;
  static constexpr std::int64_t entry_limit = 1 << 22;

  const InputFile* file_;
  std::vector<std::uint8_t> buffer_;
  std::int64_t offset_ = 0, size_ = 0, entries_ = 0;
};

/// How a field's value is stored. (Groups, 3 and 4, have no place in the formats read here.)
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

/// The fields of one message, in file order. Every length is checked against the message around it.
///
///     WireReader reader(window, range);
///     while (reader.next())
///       if (reader.field() == 7) graph = reader.bytes();
///
/// Throws FormatError with the file and the byte where the message stops making sense.
class WireReader {
 public:
  WireReader(WireWindow& window, ByteRange message)
      : window_(&window), position_(message.offset), end_(message.end()) {
    const std::int64_t size = window.file().size();
    if (message.offset < 0 || message.length < 0 || message.offset > size ||
        message.length > size - message.offset)
      throw FormatError(at_byte(window.file().name(), message.offset) + "a message of " +
                        std::to_string(message.length) + " bytes does not fit into the file");
  }

  /// The whole file as one message. What is missing at its end was cut off.
  explicit WireReader(WireWindow& window) : WireReader(window, {0, window.file().size()}) {
    whole_file_ = true;
  }

  /// Moves on to the next field; false at the end of the message.
  bool next() {
    start_ = position_;
    if (position_ == end_) return false;
    const std::uint64_t tag = varint();
    field_ = static_cast<std::uint32_t>(tag >> 3);
    if (field_ == 0 || tag >> 32 != 0) fail("no protobuf field starts here");
    switch (tag & 7) {
      case 0: number_ = varint(); break;
      case 1: number_ = fixed<std::uint64_t>(); break;
      case 2: located(); break;
      case 5: number_ = fixed<std::uint32_t>(); break;
      default: fail("no protobuf field starts here");
    }
    type_ = static_cast<WireType>(tag & 7);
    return true;
  }

  std::uint32_t field() const { return field_; }
  WireType type() const { return type_; }

  /// The value of a varint field.
  std::int64_t integer() const {
    want(WireType::varint);
    return static_cast<std::int64_t>(number_);
  }

  float float32() const {
    want(WireType::fixed32);
    return std::bit_cast<float>(static_cast<std::uint32_t>(number_));
  }

  double float64() const {
    want(WireType::fixed64);
    return std::bit_cast<double>(number_);
  }

  /// Where a message, string or packed array lies.
  ByteRange bytes() const {
    want(WireType::length_delimited);
    return range_;
  }

  /// A string, read; throws if it is longer than anything that names something.
  std::string text() const {
    const ByteRange range = bytes();
    if (range.length > text_limit)
      fail("a name of " + std::to_string(range.length) + " bytes is longer than " +
           std::to_string(text_limit));
    std::string out(static_cast<std::size_t>(range.length), '\0');
    window_->file().read(range.offset, out.data(), range.length);
    return out;
  }

  /// Calls `visit` with every number of a repeated varint field, packed or not.
  template <class Visit>
  void each_integer(Visit visit) {
    if (type_ == WireType::varint) return visit(integer());
    const ByteRange range = bytes();
    WireReader packed(*window_, range);
    while (packed.position_ != packed.end_) {
      packed.start_ = packed.position_;
      visit(static_cast<std::int64_t>(packed.varint()));
    }
  }

  /// A new entry of a list that the file makes as long as it likes.
  template <class Entry>
  Entry& append(std::vector<Entry>& list) const {
    if (!window_->count_entry()) fail("the file lists more things than any network has");
    return list.emplace_back();
  }

  /// Complains about the field that is being read.
  [[noreturn]] void fail(const std::string& sentence) const {
    throw FormatError(at_byte(window_->file().name(), start_) + printable(sentence));
  }

  static constexpr std::int64_t text_limit = 1 << 16;

 private:
  void want(WireType type) const {
    if (type_ != type) fail("field " + std::to_string(field_) + " has the wrong wire type");
  }

  std::uint64_t varint() {
    const auto most = static_cast<int>(std::min<std::int64_t>(end_ - position_, 10));
    google::protobuf::io::CodedInputStream stream(window_->at(position_, most), most);
    std::uint64_t value = 0;
    if (!stream.ReadVarint64(&value)) {
      if (most < 10) fail_if_cut("a number is not complete");
      fail("a number is damaged or cut short");
    }
    position_ += stream.CurrentPosition();
    return value;
  }

  template <class Bits>
  std::uint64_t fixed() {
    constexpr int bytes = sizeof(Bits);
    if (end_ - position_ < bytes) {
      fail_if_cut("a number is not complete");
      fail("a number is cut short");
    }
    google::protobuf::io::CodedInputStream stream(window_->at(position_, bytes), bytes);
    Bits value = 0;
    const bool read = [&] {
      if constexpr (bytes == 4)
        return stream.ReadLittleEndian32(&value);
      else
        return stream.ReadLittleEndian64(&value);
    }();
    if (!read) fail("a number is cut short");
    position_ += bytes;
    return value;
  }

  void located() {
    const std::uint64_t length = varint();
    if (length > static_cast<std::uint64_t>(end_ - position_)) {
      fail_if_cut("field " + std::to_string(field_) + " has " + std::to_string(length) +
                  " bytes, of which " + std::to_string(end_ - position_) + " are there");
      fail("field " + std::to_string(field_) + " is said to have " + std::to_string(length) +
           " bytes where " + std::to_string(end_ - position_) + " are left");
    }
    range_ = {position_, static_cast<std::int64_t>(length)};
    position_ = range_.end();
  }

  void fail_if_cut(const std::string& what) const {
    if (whole_file_) fail("the file ends early, at byte " + std::to_string(end_) + ": " + what);
  }

  WireWindow* window_;
  bool whole_file_ = false;
  std::int64_t start_ = 0, position_ = 0, end_ = 0;
  std::uint32_t field_ = 0;
  WireType type_ = WireType::varint;
  std::uint64_t number_ = 0;
  ByteRange range_;
};

}  // namespace shardbound::inline v0::io
