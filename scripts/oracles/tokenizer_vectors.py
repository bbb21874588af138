#!/usr/bin/env python3
"""Golden values for tests/text: what other implementations make of the same texts.

Usage: tokenizer_vectors.py SmolLM2-135M-Instruct.Q4_1.gguf [FOLDER]

Writes to tests/data/tokenizers (or FOLDER):
  texts.json            texts of many scripts and shapes, which all files below refer to by index
  character_classes.json  classes of all code points, by the regular expressions \\p{L} \\p{N} \\s \\p{P} of Oniguruma
  utf8.json             random bytes and what Python's decoder makes of them with errors="replace"
  pre_tokenizers.json   word lengths (as digests) by the published regular expressions, run by Oniguruma
  byte_pairs.json       a small byte-level vocabulary, trained here, and token ids by Hugging Face tokenizers
  sentence_pieces.json  two small vocabularies, trained here by SentencePiece, and token ids by SentencePiece
  smollm2.json          token ids of SmolLM2's vocabulary by Hugging Face tokenizers

Made with Python 3.11.7 (Unicode 14 in unicodedata), tokenizers 0.23.3 (Oniguruma 6.9), sentencepiece 0.2.3, gguf 0.19.0.
Random texts are made here and in the tests by the same generator, so only digests of their ids are stored,
one for a hundred texts.
"""

import io
import json
import sys
import unicodedata
from pathlib import Path

# This file is named like the package that it imports.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

import gguf
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers, trainers

RANDOM_TEXTS = 20000
TEXTS_PER_DIGEST = 100
MASK = 2**64 - 1

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA.replace(r"\p{N}{1,3}", r"\p{N}")
DEFAULT = [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"]


def split(*patterns):
    return [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns]


def byte_level(use_regex):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)


RULES = {
    "gpt-2": byte_level(True),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level(True)]),
    "llama-bpe": pre_tokenizers.Sequence(split(LLAMA) + [byte_level(False)]),
    "qwen2": pre_tokenizers.Sequence(split(QWEN2) + [byte_level(False)]),
    "default": pre_tokenizers.Sequence(split(*DEFAULT) + [byte_level(False)]),
}


# ---- digests and random texts: as in tests/text/golden_texts.h


class Digest:
    """FNV-1a, 64 bits, over numbers as four bytes, the least one first; its two halves are xored at the end."""

    def __init__(self):
        self.value = 0xCBF29CE484222325

    def add(self, numbers):
        for number in numbers:
            for byte in (number & 0xFFFFFFFF).to_bytes(4, "little"):
                self.value = ((self.value ^ byte) * 0x100000001B3) & MASK

    def text(self):
        return f"{(self.value >> 32) ^ (self.value & 0xFFFFFFFF):08x}"


def digest_of(numbers):
    digest = Digest()
    digest.add(numbers)
    return digest.text()


class SplitMix:
    """Splitmix64 (Steele et al. 2014)."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15) & MASK

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        return (x ^ (x >> 31)) % bound


# Code points that every version of Unicode since 6 has in the same class, or never assigns.
RANGES = [
    [(0x61, 0x7A)],
    [(0x41, 0x5A), (0x61, 0x7A)],
    [(0x30, 0x39)],
    [(0x20, 0x20)],
    [(0x20, 0x20), (0x09, 0x0D), (0x0A, 0x0A)],
    [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
    [(0x27, 0x27)],
    [(0x00, 0x1F), (0x7F, 0x9F)],
    [(0xA0, 0xFF)],
    [(0x0100, 0x017F), (0x0391, 0x03A1), (0x0410, 0x044F)],
    [(0x0300, 0x036F), (0x0483, 0x0489), (0x20D0, 0x20E0)],
    [(0x0905, 0x0939), (0x093E, 0x094D), (0x0966, 0x096F), (0x0E01, 0x0E3A), (0x0627, 0x064A)],
    [(0x0660, 0x0669), (0x2160, 0x2188), (0x00B2, 0x00B3), (0x2150, 0x215E), (0x2460, 0x249B)],
    [(0x2000, 0x200A), (0x2028, 0x2029), (0x3000, 0x3000), (0x00A0, 0x00A0), (0x0085, 0x0085), (0x1680, 0x1680)],
    [(0x200B, 0x200F), (0x2010, 0x2027), (0x2030, 0x205E), (0xFEFF, 0xFEFF), (0x00AD, 0x00AD)],
    [(0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3)],
    [(0x1F600, 0x1F64F), (0x1F466, 0x1F469), (0x200D, 0x200D), (0xFE0F, 0xFE0F), (0x1F3FB, 0x1F3FF)],
    [(0x10400, 0x1044F), (0x1D400, 0x1D454), (0x20000, 0x2A6D6), (0x1D7CE, 0x1D7FF)],
    [(0xE000, 0xE0FF), (0xFDD0, 0xFDEF), (0xFFFE, 0xFFFF), (0x10FFFE, 0x10FFFF), (0xF0000, 0xF00FF)],
]
PHRASES = [
    "'s", "'S", "'ll", "'Ll", "'re", "'VE", "'d", "'m", "'T", "'\u017f", "'l", "'r", "\r\n", "\n\n", " the", "don't",
    "1234567", "12\u00b2345", "  ", "    ", "\t", " \n ", "<|im_start|>", "<|end|>", "<tool>", "<tool>x", "\u2581",
    "<0x0A>", "<s>", "ing", " and", " of", "return", "0.5", "...", "!!", "\u00e9", "e\u0301",
]


def random_text(index):
    random = SplitMix(index + 1)
    text = ""
    for _ in range(1 + random.below(8)):
        kind = random.below(len(RANGES) + 4)
        for _ in range(1 + random.below(5)):
            if kind >= len(RANGES):
                text += PHRASES[random.below(len(PHRASES))]
                continue
            first, last = RANGES[kind][random.below(len(RANGES[kind]))]
            text += chr(first + random.below(last - first + 1))
    return text


def random_digests(numbers_of):
    digests = []
    for first in range(0, RANDOM_TEXTS, TEXTS_PER_DIGEST):
        digest = Digest()
        for index in range(first, first + TEXTS_PER_DIGEST):
            numbers = numbers_of(random_text(index))
            digest.add([len(numbers)])
            digest.add(numbers)
        digests.append(digest.text())
    return digests


# ---- texts

PROSE = """\
The lighthouse keeper's daughter didn't believe that the sea would ever give back what it had taken.
"We'll see," she'd say, "and you're welcome to wait; I've waited 17 years already."
It was 1,250.75 metres from the harbour to the rock, and on clear days (there weren't many) they could hear bells.
He counted: one, two, three... 10, 11, 12, 100, 1000, 10000 waves between the tides of the morning and of the evening.
In the beginning there was the word and the word was written in the sand and the sand was washed away by the sea.
Nothing that the weather was doing in the afternoon could have told them what the weather would be doing in the night.
Les élèves de l'école n'étaient pas prêts; où étaient-ils donc passés, à l'heure où naît le jour?
Der Größenunterschied zwischen den Häusern war überall sichtbar, und die Straße führte weiter über die Brücke.
El niño comió piñas y el pingüino bebió agua; ¿quién sabe por qué? ¡Mañana será otro día!
Старый смотритель маяка каждое утро поднимался по лестнице и смотрел на море, и море было спокойно.
Ο φάρος στέκεται μόνος του στην άκρη του κόσμου και περιμένει τα πλοία να γυρίσουν.
灯台守の娘は毎朝海を見ていた。海は静かだった。
看灯塔的人每天早上都去看海，海很平静。
등대지기의 딸은 매일 아침 바다를 바라보았다.
حارس المنارة يصعد كل صباح وينظر إلى البحر.
שומר המגדלור עולה בכל בוקר ומביט אל הים.
दीपगृह का रखवाला हर सुबह समुद्र को देखता था।
ผู้ดูแลประภาคารมองดูทะเลทุกเช้า
"""

CODE = """\
def keep(light, hours=24):
    \"\"\"Return the hours that the light is on.\"\"\"
    total = 0
    for hour in range(hours):
        if light[hour] > 0.5 and not light.is_broken:
            total += 1
    return total

int main(int argc, char **argv) {
\tfor (int i = 0; i < argc; ++i) {
\t\tprintf("%d: %s\\n", i, argv[i]);
\t}
\treturn 0;
}

SELECT name, COUNT(*) FROM waves WHERE height >= 3.5 GROUP BY name ORDER BY 2 DESC;
{"id": 17, "tags": ["sea", "light"], "on": true, "height": -1.5e-3, "next": null}
<div class="rock"><a href="https://example.org/sea?tide=high&wind=12">tide</a></div>
"""

PIECES = [
    "", " ", "  ", "   ", "    ", "\t", "\t\t", "\n", "\n\n", "\r\n", "\r\n\r\n", " \n", "\n ", " \n \n ", "\t \n\t x",
    "a", " a", "a ", "  a", "   a   ", "a  b", "a   b", "a\tb", "a \t b", "a\nb", "a\r\nb", "a \r\n b", "\na", "\n\n\na",
    "a\u00a0b", "a\u3000b", "a\u2003\u2003b", "a\u0085b", "a\u2028b", "x\u200by", "\ufeffx", "x\u00ady",
    "1", "12", "123", "1234", "12345", "123456", "1234567", "1 2 3", " 1", "  12", "a1b2c3", "3.14159", "1,000,000",
    "12\u00b2345", "\u00bd cup", "\u2167 \u2168", "\u0661\u0662\u0663\u0664", "\u0967\u0968\u0969\u096a", "v1.2.3-rc4",
    "2024-01-31T23:59:59Z", "0x7f", "1e-9", "+49 (0)30 123456", "$5.00", "100%", "\u20ac20", "#1", "\u2116 5",
    "I'm", "I'M", "you're", "YOU'RE", "we've", "WE'VE", "he'd", "HE'D", "she'll", "SHE'LL", "it's", "IT'S", "can't", "CAN'T",
    "'s", "'S", "'\u017f", "a'\u017fb", "'", "''", "'''", "' s", "o'clock", "rock'n'roll", "'tis", "'Re", "'rE", "'lL", "'l",
    "y\u2019all", "it\u2019s", "dogs'", "dogs' tails", " 's", "!'s", "1's", "'d've", "'ll'll",
    "Hello, world!", " Hello, world!", "Hello  world", "HELLO WORLD", "hello_world", "helloWorld", "HTTPServer2",
    "...", "....", "!?", " !?", "!!!!!!", "a!b", "(a)", " (a) ", "[x]", "{y}", "<z>", "a-b", "a--b", "a---b", "\u2014", "\u2026",
    "~", "`code`", "^_^", "<=>", "a|b", "a||b", "$x+$y", "<<<<", ">>>", "=====", "a=b", "*bold*", "C:\\path\\file", "/usr/bin/env",
    "user@example.org", "https://example.org/a?b=c&d=e#f", "#hashtag @name", "a\u00b7b", "\u00a1hola!", "\u00abbonjour\u00bb",
    "e\u0301", "\u00e9", "\u0301", " \u0301", "a\u0301\u0302b", "!\u0301", "1\u0301", "\u0915\u094d\u0937", "\u0e01\u0e33\u0e25\u0e31\u0e07",
    "na\u00efve caf\u00e9", "Stra\u00dfe", "\u0130stanbul", "\u01c5ungla", "\u02b0\u02b7", "\u00aa\u00ba", "\ufb01ne", "K\u212a",
    "\U0001f600", " \U0001f600", "\U0001f600\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea",
    "\u2764\ufe0f", "\u2764", "1\ufe0f\u20e3", "\U0001f636\u200d\U0001f32b\ufe0f", "ok\U0001f44dok", "\U0001d400\U0001d401", "\U0001d7ce\U0001d7cf",
    "\u6211\u60f3\u5728apple\u5de5\u4f5c1314151\u5929\uff5e", "\u3053\u3093\u306b\u3061\u306f\u3001\u4e16\u754c\uff01", "\uc548\ub155 \uc138\uc0c1", "\uff11\uff12\uff13\uff14", "\uff21\uff22",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 123", "\u05e9\u05dc\u05d5\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u1780\u17b6\u1793\u17cb\u178f\u17c2\u1796\u17b7\u179f\u17c1\u179f",
    "\x00", "a\x00b", "\x01\x02\x03", "\x04", "ab\x06cd", "\x13", "\x1b[31mred\x1b[0m", "\x1c\x1d\x1e\x1f", "\x7f", "\x80\x9f", "\x0b\x0c",
    "\ue000", "\ufffd", "\ufdd0", "\uffff", "\U0010ffff", "\U00040000", "\U000e0041", "\u0378", "\u180e",
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "<|im_start|",
    "x<|im_end|>y", " <|im_end|> ", "<|im_end|><|im_end|>", "<|IM_END|>", "<repo_name>a/b<file_sep>c", "<filename>", "<reponame><repo_name>",
    "<tool>", "<tool>x", "a<tool>b", "<tool><tool>x<tool>xy", "<|end|>", "a <|end|> b", "<|end|", "<tool", "<tool>x<|end|>\n",
    "\u2581", "a\u2581b", "\u2581\u2581x", "<s>", "</s>", "<unk>", "a<unk>b", "<0x0A>", "<0xFF>", "<s>a</s>",
    "ied 4 \u00bd months", "w048 7tuijk dsdfhu", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abababababababab", "the the the the",
    "aGVsbG8gd29ybGQ=", "550e8400-e29b-41d4-a716-446655440000", "\u03a9\u2248\u00e7\u221a\u222b", "\u2200x\u2208S: x\u00b2\u22650", "a\u20d7",
    "-" * 40, "=" * 17, "\n" * 9, " " * 33, "\t" * 7, " \t" * 5, "ab " * 12, "0" * 31, "\u00e9" * 9, "\u6d77" * 7, "\U0001f30a" * 5, "'" * 9,
    "x" + " " * 20 + "y", "if x:\n        return 1\n    else:\n        return 2\n", "a\n\n  b\n\n\n   c", "  lead\n   more\n", "end   ",
    "end \n", "end\n ", "tab\t\tstop", "mix \t\u00a0\u2003 y", "!\n\n", "!\r\n\r\nx", "?! \n", ".\t.", "(\n", "a.\n\nB", "\n(", " \r", "\r", "\r\r\n",
]


def texts():
    lines = PROSE.splitlines() + CODE.splitlines(keepends=True)
    return list(dict.fromkeys(PIECES + lines + [CODE]))


# ---- the parts


def character_classes():
    """Runs of [first code point, class]: L, N, S(pace), P, O(ther), and lower case where Unicode 14 does not
    assign the code point, so that implementations with other tables may differ."""
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    text = "".join(map(chr, points))
    classes = ["O"] * len(points)
    for name, pattern in {"L": r"\p{L}", "N": r"\p{N}", "P": r"\p{P}", "S": r"\s"}.items():
        split_off = pre_tokenizers.Split(Regex(f"{pattern}+"), "removed", invert=True)
        for _, (begin, end) in split_off.pre_tokenize_str(text):
            classes[begin:end] = [name] * (end - begin)
    runs = []
    for point, kind in zip(points, classes):
        # Noncharacters (Cn for good) are told from places that a later version may fill.
        is_noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
        if unicodedata.category(chr(point)) == "Cn" and not is_noncharacter:
            kind = kind.lower()
        if not runs or runs[-1][1] != kind:
            runs.append([point, kind])
    return runs


def utf8_cases():
    cases = []
    bytes_of_interest = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
                         0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]
    for index in range(400):
        random = SplitMix(1000000 + index)
        data = bytes(bytes_of_interest[random.below(len(bytes_of_interest))] for _ in range(1 + random.below(9)))
        cases.append([data.hex(), data.decode("utf-8", errors="replace").encode().hex()])
    return cases


def word_lengths(pre_tokenizer, text):
    # A byte is a character of the alphabet.
    return [len(word) for word, _ in pre_tokenizer.pre_tokenize_str(text)]


def pre_tokenizer_values(all_texts):
    values = {}
    for name, rule in RULES.items():
        values[name] = {
            "texts": [digest_of(word_lengths(rule, text)) for text in all_texts],
            "random": random_digests(lambda text: word_lengths(rule, text)),
        }
    return values


CONTROL, USER_DEFINED = 3, 4


def hugging_face(vocabulary, merges, rule, types, ignore_merges=False):
    model = models.BPE(vocab=vocabulary, merges=merges, ignore_merges=ignore_merges)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = RULES[rule]
    names = sorted(vocabulary, key=vocabulary.get)
    for name in names:
        kind = types[vocabulary[name]]
        if kind in (CONTROL, USER_DEFINED):
            tokenizer.add_tokens([AddedToken(name, special=kind == CONTROL, normalized=False)])
    assert tokenizer.get_vocab_size() == len(vocabulary)
    return tokenizer


def encode(tokenizer, text, parse_special):
    tokenizer.encode_special_tokens = not parse_special
    return tokenizer.encode(text, add_special_tokens=False).ids


def byte_pairs(all_texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = byte_level(False)  # pieces that run across words make ids tell where words end
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), max_token_length=12, show_progress=False)
    tokenizer.train_from_iterator((PROSE + CODE).splitlines(keepends=True), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].get)
    # Every 13th merge is dropped: its token can be reached as a whole word only.
    merges = [tuple(merge) for i, merge in enumerate(model["merges"]) if i % 13 != 5]
    added = {"<|end|>": CONTROL, "<|im_start|>": CONTROL, "<tool>": USER_DEFINED, "<tool>x": USER_DEFINED}
    types = [1] * len(pieces) + list(added.values())
    pieces += added
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    values = {"pieces": pieces, "types": types, "merges": [" ".join(merge) for merge in merges], "rules": {}}
    for rule, ignore_merges in [("gpt-2", False), ("smollm", False), ("llama-bpe", True), ("dbrx", False), ("qwen2", False), ("default", False)]:
        name = "llama-bpe" if rule == "dbrx" else rule  # dbrx: the rule of Llama 3 without ignore_merges
        oracle = hugging_face(vocabulary, merges, name, types, ignore_merges)
        values["rules"][rule] = {
            "special": [digest_of(encode(oracle, text, True)) for text in all_texts],
            "plain": [digest_of(encode(oracle, text, False)) for text in all_texts],
            "random": random_digests(lambda text: encode(oracle, text, True)),
        }
    return values


def train_sentence_piece(byte_fallback):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter((PROSE + CODE).replace("\t", "    ").splitlines()), model_writer=model, model_type="bpe",
        vocab_size=900 if byte_fallback else 500, character_coverage=0.98, byte_fallback=byte_fallback, split_digits=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True,
        allow_whitespace_only_pieces=True, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def sentence_pieces(all_texts):
    values = {}
    for name, byte_fallback in [("bytes", True), ("unknown", False)]:
        oracle = train_sentence_piece(byte_fallback)
        types = []
        for i in range(len(oracle)):
            kinds = [oracle.is_unknown(i), oracle.is_control(i), oracle.is_unused(i), oracle.is_byte(i)]
            types.append([2, 3, 5, 6][kinds.index(True)] if True in kinds else 1)
        values[name] = {
            "pieces": [oracle.id_to_piece(i) for i in range(len(oracle))],
            "scores": [oracle.get_score(i) for i in range(len(oracle))],
            "types": types,
            "texts": [oracle.encode(text) for text in all_texts[:90]],
            "digests": [digest_of(oracle.encode(text)) for text in all_texts],
            "random": random_digests(oracle.encode),
        }
    return values


def byte_character(byte):
    """bytes_to_unicode of GPT-2's encoder.py."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = [b for b in range(256) if b not in kept]
    return chr(byte) if byte in kept else chr(256 + shifted.index(byte))


def smollm2(path, all_texts):
    fields = gguf.GGUFReader(path).fields
    pieces = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    oracle = hugging_face(vocabulary, merges, "smollm", types)
    # Some bytes are no token of SmolLM2: tokenizers drops them without a word, Tenon refuses the text, which
    # is written as [-1, position].
    missing = {byte for byte in range(256) if byte_character(byte) not in vocabulary}
    assert len(missing) == 21

    def ids(text, parse_special):
        kept = encode(oracle, text, parse_special)
        bad = [i for i, byte in enumerate(text.encode()) if byte in missing]
        return [-1, bad[0]] if bad else kept

    return {
        "special": [ids(text, True) for text in all_texts],
        "plain": [digest_of(ids(text, False)) for text in all_texts],
        "random": random_digests(lambda text: ids(text, True)),
    }


def write(folder, name, value):
    path = folder / name
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=True) + "\n")
    print(f"{path}: {path.stat().st_size} bytes", file=sys.stderr)


def main():
    model = sys.argv[1]
    default = Path(__file__).resolve().parents[2] / "tests" / "data" / "tokenizers"
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else default
    folder.mkdir(parents=True, exist_ok=True)
    all_texts = texts()
    write(folder, "texts.json", all_texts)
    write(folder, "character_classes.json", character_classes())
    write(folder, "utf8.json", utf8_cases())
    write(folder, "pre_tokenizers.json", pre_tokenizer_values(all_texts))
    write(folder, "byte_pairs.json", byte_pairs(all_texts))
    write(folder, "sentence_pieces.json", sentence_pieces(all_texts))
    write(folder, "smollm2.json", smollm2(model, all_texts))


if __name__ == "__main__":
    main()
