#include "conversion/pack_gguf.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/aligned_buffer.h"
#include "conversion/quantize_gguf.h"
#include "formats/gguf_packed.h"
#include "formats/gguf_writer.h"
#include "formats/language_model_file.h"

using namespace tenon;
using namespace tenon::conversion;
using formats::GgufFile;
using formats::LanguageModelFile;
using formats::MetadataValue;

namespace {

const std::string kModel = std::string(TENON_SOURCE_DIR) + "/data/tiny-shakespeare.gguf";

std::vector<std::byte> pack(const GgufFile& file, const std::optional<QuantizeOptions>& options,
                            const kernels::Kernels& kernels, Team& team) {
  std::vector<std::byte> bytes;
  pack_gguf(
      file, options, kernels,
      [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); },
      team);
  return bytes;
}

std::vector<std::byte> quantize(const GgufFile& file, DType dtype, Team& team) {
  std::vector<std::byte> bytes;
  quantize_gguf(
      file, {.dtype = dtype},
      [&](std::span<const std::byte> part) { bytes.insert(bytes.end(), part.begin(), part.end()); },
      team);
  return bytes;
}

/// At a page, as a mapping is.
class Page {
 public:
  explicit Page(const std::vector<std::byte>& bytes)
      : memory_(bytes.size() + 4096), size_(bytes.size()) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    begin_ = memory_.data() + (4096 - address % 4096) % 4096;
    std::memcpy(begin_, bytes.data(), bytes.size());
  }
  GgufFile open() const { return GgufFile::from_bytes({begin_, size_}, "packed.gguf"); }
  std::byte* begin() { return begin_; }
  std::span<const std::byte> first(std::size_t size) const { return {begin_, size}; }

 private:
  AlignedBuffer<std::byte> memory_;
  std::byte* begin_;
  std::size_t size_;
};

std::vector<float> logits_of(const GgufFile& file, const kernels::Kernels& kernels, int threads) {
  Team team(threads);
  const LanguageModelFile model_file(
      GgufFile::from_bytes({file.tensor_bytes(file.tensors()[0]).data() - file.tensors()[0].offset,
                            file.parts()[0].file_bytes},
                           "packed.gguf"));
  const auto model = model_file.make_model({.kernels = &kernels}, team);
  const auto state = model->make_state({.context = 16});
  models::Batch batch;
  const std::vector<std::int32_t> tokens = {5, 300, 17, 0, 511, 42, 42};
  models::append_chain(batch, 0, tokens, true);
  models::State* states[] = {state.get()};
  models::ForwardOutput output;
  model->forward(batch, states, team, output);
  return {output.logits.data(), output.logits.data() + output.logit_rows * output.vocab};
}

std::vector<const kernels::Kernels*> packing_kernels() {
  std::vector<const kernels::Kernels*> result;
  for (const kernels::ProviderState& state : kernels::providers())
    if (state.is_available) {
      const kernels::Kernels& kernels = kernels::select_kernels(state.name);
      if (kernels.packed_layout().version != 0) result.push_back(&kernels);
    }
  return result;
}

std::string failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "nothing failed";
}

}  // namespace

TEST_SUITE("pack_gguf") {
  TEST_CASE("a packed model computes the bits of the original, with every type, kernels and team") {
    const GgufFile source = GgufFile::open(kModel);
    Team team(2);
    for (const kernels::Kernels* kernels : packing_kernels())
      for (const DType dtype : {DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1, DType::Q8_0,
                                DType::F16, DType::BF16, DType::F32}) {
        CAPTURE(kernels->name());
        CAPTURE(dtype_name(dtype));
        const Page original(quantize(source, dtype, team));
        const Page packed(pack(source, QuantizeOptions{.dtype = dtype}, *kernels, team));
        const auto expected = logits_of(original.open(), *kernels, 2);
        for (const int threads : {1, 3}) {
          const auto logits = logits_of(packed.open(), *kernels, threads);
          REQUIRE(logits.size() == expected.size());
          CHECK(std::memcmp(logits.data(), expected.data(), 4 * logits.size()) == 0);
        }
      }
  }

  TEST_CASE("metadata, the embedding and vectors stay to the bit, matrices name their type") {
    const GgufFile source = GgufFile::open(kModel);
    Team team(2);
    for (const kernels::Kernels* kernels : packing_kernels()) {
      const Page page(pack(source, std::nullopt, *kernels, team));
      const GgufFile packed = page.open();
      CHECK(packed.packed_layout() == kernels->packed_layout());
      for (const auto& entry : source.metadata().entries()) {
        CAPTURE(entry.key);
        const MetadataValue* value = packed.metadata().find(entry.key);
        REQUIRE(value != nullptr);
        CHECK(*value == entry.value);
      }
      CHECK(packed.metadata().entries().size() == source.metadata().entries().size() + 4);
      std::size_t matrices = 0;
      for (const formats::GgufTensor& tensor : packed.tensors()) {
        CAPTURE(tensor.name);
        CHECK(tensor.offset % 4096 == 0);
        const std::string name = tensor.name.substr(0, tensor.name.find(".packed"));
        const formats::GgufTensor* original = source.find_tensor(name);
        REQUIRE(original != nullptr);
        CHECK(tensor.dtype == original->dtype);
        CHECK(tensor.shape == original->shape);
        matrices += tensor.is_packed ? 1 : 0;
        if (tensor.is_packed) {
          CHECK(failure([&] { packed.find(tensor.name); }).find("is packed for the") !=
                std::string::npos);
          continue;
        }
        CHECK(std::ranges::equal(packed.tensor_bytes(tensor), source.tensor_bytes(*original)));
      }
      CHECK(matrices == 3 * 7 + 1);  // three layers and the head
      CHECK_THROWS_AS(pack(packed, std::nullopt, *kernels, team), Error);
    }
  }

  TEST_CASE("other kernels, another version and exact arithmetic refuse a packed file") {
    const GgufFile source = GgufFile::open(kModel);
    Team team(1);
    const kernels::Kernels& reference = kernels::select_kernels("reference");
    CHECK(failure([&] { pack(source, std::nullopt, reference, team); }).find("as they lie") !=
          std::string::npos);
    for (const kernels::Kernels* kernels : packing_kernels()) {
      std::vector<std::byte> bytes = pack(source, std::nullopt, *kernels, team);
      const Page page(bytes);
      const auto load = [&](const Page& from, const models::LoadOptions& options) {
        const LanguageModelFile file(from.open());
        return failure([&] { file.make_model(options, team); });
      };
      CHECK(load(page, {.kernels = kernels}) == "nothing failed");
      CHECK(load(page, {.kernels = &reference}).find("read no packed weights") !=
            std::string::npos);
      CHECK(load(page, {.kernels = kernels, .precision = kernels::Precision::Exact})
                .find("cannot be computed with exactly") != std::string::npos);
      // The version stands behind its key and the type of its value.
      const std::string_view key = formats::kPackedVersion;
      const auto at = std::ranges::search(bytes, std::as_bytes(std::span(key))).begin();
      REQUIRE(at != bytes.end());
      *(at + static_cast<std::ptrdiff_t>(key.size()) + 4) = std::byte{99};
      const std::string message = load(Page(bytes), {.kernels = kernels});
      CHECK(message.find("packed in layout 99") != std::string::npos);
      CHECK(message.find("is read") != std::string::npos);
    }
  }

  TEST_CASE("a packed file cut short or changed at any byte is refused or opens whole") {
    const auto available = packing_kernels();
    if (available.empty()) return;
    formats::GgufMetadata metadata;
    metadata.add("general.architecture", MetadataValue::of("llama"));
    const Shape shape{16, 32};
    std::vector<float> numbers(512, 0.5f);
    std::vector<std::byte> plain;
    formats::GgufWriter writer(
        [&](std::span<const std::byte> part) {
          plain.insert(plain.end(), part.begin(), part.end());
        },
        metadata,
        {formats::GgufTensorPlan::of("token_embd.weight", DType::F32, shape),
         formats::GgufTensorPlan::of("blk.0.attn_q.weight", DType::F32, shape)});
    for (const char* name : {"token_embd.weight", "blk.0.attn_q.weight"})
      writer.write(name, std::as_bytes(std::span(numbers)));
    writer.finish();
    Team team(1);
    std::vector<std::byte> bytes = pack(GgufFile::from_bytes(plain),
                                        QuantizeOptions{.dtype = DType::Q8_0}, *available[0], team);
    Page page(bytes);
    std::uint64_t end = 0;  // behind it there is only padding
    const GgufFile whole = page.open();
    for (const formats::GgufTensor& tensor : whole.tensors())
      end = std::max(end, tensor.offset + *tensor.bytes);
    for (std::size_t size = 0; size < end; ++size)
      CHECK_THROWS_AS(GgufFile::from_bytes(page.first(size), "cut"), Error);
    std::size_t opened = 0, refused = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const int change : {0x01, 0x80, 0xFF}) {
        page.begin()[i] = bytes[i] ^ static_cast<std::byte>(change);
        try {
          const GgufFile file = page.open();
          ++opened;
          for (const std::string& name : file.names())
            if (const auto packed = file.find_packed(name)) {
              CHECK(packed->bytes.data() >= page.begin());
              CHECK(packed->bytes.data() + packed->bytes.size() <= page.begin() + bytes.size());
              try {
                available[0]->adopt_weight(*packed);
              } catch (const Error&) {
                ++refused;
              }
            }
        } catch (const Error&) {
          ++refused;
        }
      }
      page.begin()[i] = bytes[i];
    }
    CHECK(opened > 1000);  // changed numbers
    CHECK(refused > 300);  // changed headers
  }
}
