// Times every matrix product on shapes of real models, beside this machine's measured limits.
//
//   scripts/benchmarks/kernels [--kernels NAME] [--threads N] [--types Q4_1,Q8_0] [--rows 1,8]
//                              [--shapes 1536x576] [--attention] [--cpu-time] [--format jsonl]
//
// A pass multiplies `rows` rows with enough different copies of a matrix to overflow the last cache, as a
// model does. Time is the best of several passes; with --cpu-time the processor time of the busiest
// worker, which other programs on the machine disturb less.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "base/random.h"
#include "base/team.h"
#include "kernels/kernels.h"
#include "scoring/machine_limits.h"

namespace {

using namespace tenon;
using namespace tenon::kernels;

struct Options {
  std::string kernels = "auto";
  int threads = 0;
  std::vector<std::string> types = {"Q4_0", "Q4_1", "Q5_0",   "Q5_1", "Q8_0", "Q4_K",
                                    "Q5_K", "Q6_K", "IQ4_NL", "F16",  "BF16", "F32"};
  std::vector<std::string> rows = {"1", "2", "4", "8", "16", "64", "512"};
  std::vector<std::string> shapes = {"1536x576", "576x1536", "49152x576", "4096x4096"};
  bool is_attention = false;
  bool is_cpu_time = false;
  bool is_jsonl = false;
  bool is_exact = false;
  bool may_repack = true;
};

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Best seconds of `body`, run by every worker.
double best_seconds(Team& team, const Options& options, const std::function<void(Worker&)>& body) {
  double best = 1e30, total = 0.0;
  for (int repeat = 0; repeat < 200 && (repeat < 5 || total < 0.4); ++repeat) {
    std::vector<double> busy(static_cast<std::size_t>(team.size()) * 8);
    const double begin = now(CLOCK_MONOTONIC);
    team.run([&](Worker& worker) {
      const double start = now(CLOCK_THREAD_CPUTIME_ID);
      body(worker);
      busy[static_cast<std::size_t>(worker.index()) * 8] = now(CLOCK_THREAD_CPUTIME_ID) - start;
    });
    const double wall = now(CLOCK_MONOTONIC) - begin;
    total += wall;
    best = std::min(best, options.is_cpu_time ? *std::max_element(busy.begin(), busy.end()) : wall);
  }
  return best;
}

std::vector<std::byte> random_bytes(DType dtype, std::size_t count) {
  const RandomStream stream(1, "benchmark");
  std::vector<std::byte> bytes(count);
  const bool is_plain = !dtype_info(dtype).is_block_quantised;
  for (std::size_t i = 0; i < count; i += 8) {
    std::uint64_t bits = stream.bits(i);
    // Plain numbers: exponents near zero, so that sums stay finite.
    if (is_plain && dtype == DType::F32) bits = (bits & 0x80FFFFFF80FFFFFFu) | 0x3C0000003C000000u;
    if (is_plain && dtype != DType::F32) bits = (bits & 0x83FF83FF83FF83FFu) | 0x3C003C003C003C00u;
    std::memcpy(&bytes[i], &bits, std::min<std::size_t>(8, count - i));
  }
  return bytes;
}

std::vector<int> to_numbers(const std::vector<std::string>& words) {
  std::vector<int> numbers;
  for (const std::string& word : words) numbers.push_back(std::stoi(word));
  return numbers;
}

struct Bench {
  Options options;
  const Kernels& kernels;
  Team team;
  scoring::ThreadLimits limits;  // of all threads

  explicit Bench(const Options& chosen)
      : options(chosen), kernels(select_kernels(chosen.kernels)), team(chosen.threads) {}

  void print_limits() {
    limits = scoring::measure_limits(team, {}, [] { return now(CLOCK_MONOTONIC); }).back();
    std::printf("%s (%s), %d threads, streaming read %.1f GB/s", kernels.name().data(),
                kernels.instruction_sets().c_str(), team.size(),
                limits.read_bytes_per_second * 1e-9);
    for (const auto form :
         {ActivationForm::Int8x32, ActivationForm::BFloat16, ActivationForm::Float32})
      if (const auto peak = limits.peak(form))
        std::printf(", %s %.0f GOP/s", std::string(scoring::peak_name(form)).c_str(), *peak * 1e-9);
    std::printf("\n");
  }

  void matmul(DType dtype, std::int64_t out_features, std::int64_t in_features) {
    const std::size_t bytes = static_cast<std::size_t>(out_features) *
                              row_bytes(dtype, static_cast<std::size_t>(in_features));
    const std::vector<std::byte> file = random_bytes(dtype, bytes);
    const TensorView view{dtype, {out_features, in_features}, file.data()};
    const std::size_t copies = std::max<std::size_t>(1, (std::size_t{160} << 20) / bytes);
    std::vector<std::unique_ptr<MatmulWeight>> weights;
    const Precision precision = options.is_exact ? Precision::Exact : Precision::Fast;
    const clockid_t clock = options.is_cpu_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    const double begin = now(clock);
    for (std::size_t i = 0; i < copies; ++i)
      weights.push_back(kernels.prepare_weight(view, precision, options.may_repack));
    const double pack = (now(clock) - begin) / static_cast<double>(copies);
    double one_row = 0.0;
    for (const int rows : to_numbers(options.rows))
      measure(weights, rows, static_cast<double>(bytes) * 1e-9 / pack, one_row);
  }

  void measure(const std::vector<std::unique_ptr<MatmulWeight>>& weights, int rows,
               double pack_rate, double& one_row) {
    const MatmulWeight& first = *weights[0];
    const std::size_t used = rows > 16 ? std::min<std::size_t>(weights.size(), 4) : weights.size();
    const auto form = kernels.activation_form(first);
    const std::size_t stride = kernels.activation_row_bytes(form, first.in_features);
    std::vector<float> input(static_cast<std::size_t>(rows * first.in_features));
    const RandomStream stream(2, "activations");
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(stream.normal(i));
    AlignedBuffer<std::byte> activations(stride * static_cast<std::size_t>(rows));
    kernels.prepare_activations(form, input.data(), first.in_features, first.in_features, {0, rows},
                                activations.data());
    AlignedBuffer<float> output(static_cast<std::size_t>(rows * first.out_features));
    const double seconds =
        best_seconds(team, options,
                     [&](Worker& worker) {
                       const Range columns =
                           worker.share(first.out_features, Kernels::kColumnGrain);
                       for (std::size_t i = 0; i < used; ++i)
                         kernels.matmul(*weights[i], activations.data(), rows, columns,
                                        output.data(), first.out_features);
                     }) /
        static_cast<double>(used);
    if (rows == 1) one_row = seconds;
    const double read = static_cast<double>(first.bytes_read) * 1e-9 / seconds;
    const double operations = 2e-9 * rows * static_cast<double>(first.out_features) *
                              static_cast<double>(first.in_features) / seconds;
    const double read_share = read * 1e9 / limits.read_bytes_per_second;
    const std::optional<double> peak = limits.peak(form);
    std::string peak_share = options.is_jsonl ? "null" : "-";
    if (peak) peak_share = std::to_string(operations * 1e9 / *peak * (options.is_jsonl ? 1 : 100));
    if (peak) peak_share.resize(5);
    const char* format =
        options.is_jsonl
            ? "{\"type\":\"matmul\",\"dtype\":\"%s\",\"out_features\":%lld,\"in_features\":%lld,"
              "\"rows\":%d,\"microseconds\":%.2f,\"gigabytes_per_second\":%.1f,"
              "\"gigaoperations_per_second\":%.0f,\"ratio_to_one_row\":%.2f,"
              "\"pack_gigabytes_per_second\":%.2f,\"bandwidth_share\":%.3f,\"peak_share\":%s}\n"
            : "%-7s %6lld x %-5lld %4d rows %10.1f us %7.1f GB/s %7.0f GOP/s %6.2fx  pack %.1f "
              "GB/s  %3.0f %% of reading, %s %% of the peak\n";
    std::printf(format, std::string(dtype_name(first.dtype)).c_str(),
                static_cast<long long>(first.out_features),
                static_cast<long long>(first.in_features), rows, seconds * 1e6, read, operations,
                one_row > 0 ? seconds / one_row : 0.0, pack_rate,
                read_share * (options.is_jsonl ? 1 : 100), peak_share.c_str());
    std::fflush(stdout);
  }

  // One layer's attention of `rows` rows at the end of `depth` positions, all kv heads on each worker's share.
  void attention(int heads, int kv_heads, int head_dim, std::int64_t depth, int rows, DType dtype) {
    const std::size_t numbers = static_cast<std::size_t>(kv_heads * depth * head_dim);
    std::vector<float> floats(numbers);
    const RandomStream stream(3, "cache");
    for (std::size_t i = 0; i < numbers; ++i) floats[i] = static_cast<float>(stream.normal(i));
    const std::size_t layers = rows > 16 ? 1 : 1 + (std::size_t{96} << 20) / (4 * numbers);
    std::vector<AlignedBuffer<std::byte>> keys(layers), values(layers);
    std::vector<KeyValueView> views;
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const std::size_t whole =
          static_cast<std::size_t>(kv_heads * (depth + 15) / 16 * 16 * head_dim);
      keys[layer] = AlignedBuffer<std::byte>(row_bytes(dtype, whole));
      values[layer] = AlignedBuffer<std::byte>(row_bytes(dtype, whole));
      views.push_back({dtype, keys[layer].data(), values[layer].data(), depth, kv_heads, head_dim});
      for (int head = 0; head < kv_heads; ++head)
        for (std::int64_t cell = 0; cell < depth; ++cell) {
          const float* row = floats.data() + (head * depth + cell) * head_dim;
          kernels.store_cache(row, row, views[layer], head, cell);
        }
    }
    std::vector<float> queries(static_cast<std::size_t>(rows * heads * head_dim), 0.1f);
    std::vector<float> outputs(queries.size());
    const AttentionOptions attention_options{heads, 1.0f / 8.0f, 0};
    const std::size_t scratch_floats =
        kernels.attention_scratch_floats(attention_options, head_dim);
    std::vector<std::vector<float>> scratch(static_cast<std::size_t>(team.size()),
                                            std::vector<float>(scratch_floats));
    std::vector<std::int32_t> tail(static_cast<std::size_t>(rows));
    std::iota(tail.begin(), tail.end(), static_cast<std::int32_t>(depth - rows));
    const std::ptrdiff_t chunks = attention_chunks(depth);
    std::vector<float> partials(static_cast<std::size_t>(rows * heads * chunks) *
                                Kernels::attention_partial_floats(head_dim));
    const double seconds =
        best_seconds(
            team, options,
            [&](Worker& worker) {
              for (std::size_t layer = 0; layer < layers; ++layer) {
                const KeyValueView& view = views[layer];
                std::vector<AttentionRow> all;
                for (int r = 0; r < rows; ++r) {
                  const std::ptrdiff_t at = std::ptrdiff_t{r} * heads * head_dim;
                  all.push_back({queries.data() + at,
                                 outputs.data() + at,
                                 &view,
                                 static_cast<std::int32_t>(depth - rows),
                                 {tail.data(), static_cast<std::size_t>(r + 1)}});
                }
                float* own = scratch[static_cast<std::size_t>(worker.index())].data();
                if (rows > 16) {
                  const std::ptrdiff_t group = 64, groups = (rows + group - 1) / group;
                  for (std::ptrdiff_t item = worker.index(); item < groups * kv_heads;
                       item += worker.count()) {
                    const auto begin = static_cast<std::size_t>(item / kv_heads * group);
                    const std::size_t count = std::min<std::size_t>(64, all.size() - begin);
                    kernels.attention({all.data() + begin, count},
                                      {item % kv_heads, item % kv_heads + 1}, attention_options,
                                      own);
                  }
                  continue;
                }
                const Range items = worker.share(chunks * kv_heads);
                for (std::ptrdiff_t item = items.begin; item < items.end; ++item)
                  kernels.attention_partial(all, {item / chunks, item / chunks + 1},
                                            {item % chunks, item % chunks + 1}, attention_options,
                                            partials.data(), chunks, own);
                worker.barrier();
                const Range own_heads = worker.share(heads);
                kernels.attention_combine(all, own_heads, attention_options, partials.data(),
                                          chunks);
                worker.barrier();
              }
            }) /
        static_cast<double>(layers);
    const double visible = static_cast<double>(depth) - (rows - 1) / 2.0;
    const double operations = 4e-9 * rows * heads * head_dim * visible / seconds;
    std::printf(
        "attention %s %d/%d heads of %d, depth %lld, %d rows: %.1f us a layer, %.1f GB/s, %.0f "
        "GFLOP/s\n",
        std::string(dtype_name(dtype)).c_str(), heads, kv_heads, head_dim,
        static_cast<long long>(depth), rows, seconds * 1e6,
        2e-9 * static_cast<double>(row_bytes(dtype, numbers)) / seconds, operations);
    std::fflush(stdout);
  }

  void run() {
    print_limits();
    if (options.is_attention) {
      for (const std::int64_t depth : {128, 512, 1024, 8192})
        for (const int rows : {1, 8, 16})
          for (const DType dtype : {DType::F16, DType::Q8_0})
            attention(9, 3, 64, depth, rows, dtype);
      for (const std::int64_t depth : {512, 4096})
        for (const DType dtype : {DType::F16, DType::Q8_0}) attention(9, 3, 64, depth, 512, dtype);
      attention(32, 8, 128, 4096, 1, DType::F16);
      attention(32, 8, 128, 4096, 512, DType::BF16);
      return;
    }
    for (const std::string& shape : options.shapes) {
      const std::size_t cross = shape.find('x');
      for (const std::string& type : options.types) {
        const std::optional<DType> dtype = find_dtype(type);
        if (!dtype) throw Error(ErrorKind::Usage, "no such type: " + type);
        const std::int64_t in_features = std::stoll(shape.substr(cross + 1));
        if (in_features % dtype_info(*dtype).block_elements != 0) {
          // K formats need multiples of 256: the next one down.
          matmul(*dtype, std::stoll(shape), in_features / 256 * 256);
          continue;
        }
        matmul(*dtype, std::stoll(shape), in_features);
      }
    }
  }
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    words.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (++i == argc) throw Error(ErrorKind::Usage, flag + " needs a value");
      return argv[i];
    };
    if (flag == "--kernels")
      options.kernels = value();
    else if (flag == "--threads")
      options.threads = std::stoi(value());
    else if (flag == "--types")
      options.types = split(value());
    else if (flag == "--rows")
      options.rows = split(value());
    else if (flag == "--shapes")
      options.shapes = split(value());
    else if (flag == "--attention")
      options.is_attention = true;
    else if (flag == "--cpu-time")
      options.is_cpu_time = true;
    else if (flag == "--exact")
      options.is_exact = true;
    else if (flag == "--no-repack")
      options.may_repack = false;
    else if (flag == "--format")
      options.is_jsonl = value() == "jsonl";
    else
      throw Error(ErrorKind::Usage, "unknown flag " + flag);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Bench(parse(argc, argv)).run();
  } catch (const tenon::Error& error) {
    std::fprintf(stderr, "kernels: error: %s\n", error.what());
    return 1;
  }
}
