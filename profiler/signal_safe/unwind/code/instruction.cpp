#include "profiler/signal_safe/unwind/code/instruction.h"

#include "profiler/sys/memory/byte_cursor.h"

namespace pprof::signal_safe {
namespace {

// What follows each operation code:
//   . nothing   m ModRM   b 8 bits   w 16 bits   i 32 bits (16 if narrow)   d 32 bits always
//   B ModRM and 8 bits    I ModRM and 32 bits    q a register's width       a an address of 64 bits
//   e 24 bits   t ModRM, and an immediate for a test   x no instruction     p a prefix or an escape
constexpr char kOneByteForms[] =
    "mmmmbixxmmmmbixp"   // 00
    "mmmmbixxmmmmbixx"   // 10
    "mmmmbipxmmmmbipx"   // 20
    "mmmmbipxmmmmbipx"   // 30
    "pppppppppppppppp"   // 40
    "................"   // 50
    "xxpmppppiIbB...."   // 60
    "bbbbbbbbbbbbbbbb"   // 70
    "BIxBmmmmmmmmmmmm"   // 80
    "..........x....."   // 90
    "aaaa....bi......"   // A0
    "bbbbbbbbqqqqqqqq"   // B0
    "BBw.ppBIe.w..bx."   // C0
    "mmmmxxx.mmmmmmmm"   // D0
    "bbbbbbbbddxb...."   // E0
    "p.pp..tt......mm";  // F0
constexpr char k0FForms[] =
    "mmmmx.....x.xm.B"   // 00
    "mmmmmmmmmmmmmmmm"   // 10
    "mmmmxxxxmmmmmmmm"   // 20
    "......x.pxpxxxxx"   // 30
    "mmmmmmmmmmmmmmmm"   // 40
    "mmmmmmmmmmmmmmmm"   // 50
    "mmmmmmmmmmmmmmmm"   // 60
    "BBBBmmm.mmmmmmmm"   // 70
    "dddddddddddddddd"   // 80
    "mmmmmmmmmmmmmmmm"   // 90
    "...mBmxm...mBmmm"   // A0
    "mmmmmmmmmmBmmmmm"   // B0
    "mmBmBBBm........"   // C0
    "mmmmmmmmmmmmmmmm"   // D0
    "mmmmmmmmmmmmmmmm"   // E0
    "mmmmmmmmmmmmmmmm";  // F0

class Decoder {
 public:
  Decoder(const uint8_t* bytes, size_t size, Instruction* out)
      : begin_(bytes),
        in_(sys::Bytes{bytes, size < Instruction::kLongest ? size : Instruction::kLongest}),
        out_(*out) {}

  bool Run() {
    out_ = {};
    const char form = ReadCode();
    if (form == 'x' || !in_.ok()) return false;
    ReadOperands(form);
    out_.length = static_cast<uint8_t>(in_.position() - begin_);
    return in_.ok();
  }

 private:
  // The operation code with its prefixes; the form of what follows.
  char ReadCode() {
    for (;;) {
      const uint8_t byte = in_.U8();
      out_.code = byte;
      if (!in_.ok()) return 'x';
      if ((byte & 0xF0) == 0x40) {
        out_.rex = byte;
        out_.code = in_.U8();
        return FormOfCode();  // nothing may come between this prefix and the code
      }
      if (!IsPrefix(byte)) return FormOfCode();
    }
  }

  bool IsPrefix(uint8_t byte) {
    if (byte == 0x66) out_.narrow = true;
    if (byte == 0x3E) out_.notrack = true;
    return byte == 0x66 || byte == 0x67 || byte == 0xF0 || byte == 0xF2 || byte == 0xF3 ||
           byte == 0x64 || byte == 0x65 || (byte & 0xE7) == 0x26;
  }

  char FormOfCode() {
    switch (out_.code) {
      case 0x0F:
        return ReadEscaped();
      case 0xC5:
        in_.U8();
        return VectorForm(1);
      case 0xC4: {
        const uint8_t map = in_.U8() & 0x1F;
        in_.U8();
        return VectorForm(map);
      }
      case 0x62: {
        const uint8_t map = in_.U8() & 0x07;
        in_.Skip(2);
        return VectorForm(map);
      }
      case 0x8F:
        return FormOf8F();
      default:
        return kOneByteForms[out_.code] == 'p' ? 'x' : kOneByteForms[out_.code];
    }
  }

  char ReadEscaped() {
    out_.map = Instruction::k0F;
    out_.code = in_.U8();
    if (out_.code != 0x38 && out_.code != 0x3A) return k0FForms[out_.code];
    const bool has_immediate = out_.code == 0x3A;
    out_.map = Instruction::kVector;
    in_.U8();
    return has_immediate ? 'B' : 'm';
  }

  char VectorForm(uint8_t map) {
    out_.map = Instruction::kVector;
    out_.code = in_.U8();
    switch (map) {
      case 1:
        return out_.code == 0x77 ? '.' : k0FForms[out_.code] == 'B' ? 'B' : 'm';
      case 2:
      case 5:
      case 6:
        return 'm';
      case 3:
      case 7:
        return 'B';
      default:
        return 'x';
    }
  }

  // A pop to memory, or the prefix of AMD's maps 8 to 10.
  char FormOf8F() {
    const uint8_t next = in_.left() > 0 ? *in_.position() : 0;
    const uint8_t map = next & 0x1F;
    if (map < 8) return 'm';
    in_.Skip(2);
    out_.map = Instruction::kVector;
    out_.code = in_.U8();
    return map == 8 ? 'B' : map == 9 ? 'm' : map == 10 ? 'I' : 'x';
  }

  void ReadOperands(char form) {
    switch (form) {
      case 'm':
        return ReadModrm();
      case 'B':
        ReadModrm();
        return ReadImmediate(1);
      case 'I':
        ReadModrm();
        return ReadImmediate(out_.narrow ? 2 : 4);
      case 't':
        ReadModrm();
        if (out_.extension() < 2) ReadImmediate(out_.code == 0xF6 ? 1 : out_.narrow ? 2 : 4);
        return;
      case 'b':
        return ReadImmediate(1);
      case 'w':
        return ReadImmediate(2);
      case 'e':
        return in_.Skip(3);
      case 'i':
        return ReadImmediate(out_.narrow ? 2 : 4);
      case 'd':
        return ReadImmediate(4);
      case 'q':
        return ReadImmediate(out_.wide() ? 8 : out_.narrow ? 2 : 4);
      case 'a':
        return in_.Skip(8);
      default:
        return;
    }
  }

  void ReadModrm() {
    out_.has_modrm = true;
    const uint8_t* at = in_.position();
    out_.modrm = in_.U8();
    out_.sib = in_.left() > 0 ? *in_.position() : 0;
    const int length = ModrmLength(out_.modrm, out_.sib);
    const bool has_sib = out_.mod() != 3 && (out_.modrm & 7) == 4;
    if (has_sib) in_.U8();
    const auto rest = length - (in_.position() - at);
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): it is signed
    if (rest == 1) out_.displacement = static_cast<int8_t>(in_.U8());
    if (rest == 4) out_.displacement = static_cast<int32_t>(in_.U32());
  }

  void ReadImmediate(int bytes) {
    switch (bytes) {
      case 1:
        // NOLINTNEXTLINE(bugprone-signed-char-misuse): it is signed
        out_.immediate = static_cast<int8_t>(in_.U8());
        return;
      case 2:
        out_.immediate = static_cast<int16_t>(in_.U16());
        return;
      case 4:
        out_.immediate = static_cast<int32_t>(in_.U32());
        return;
      default:
        out_.immediate = static_cast<int64_t>(in_.U64());
    }
  }

  const uint8_t* const begin_;
  sys::ByteCursor in_;
  Instruction& out_;
};

}  // namespace

int Instruction::MemoryBase() const {
  if (!has_modrm || rm_is_register() || rm_is_rip_relative()) return -1;
  if ((modrm & 7) != 4) return rm();
  const bool has_index = (sib >> 3 & 7) != 4 || (rex & 2) != 0;
  const bool has_base = (sib & 7) != 5 || mod() != 0;
  return has_index || !has_base ? -1 : (sib & 7) | (rex & 1) << 3;
}

int ModrmLength(uint8_t modrm, uint8_t sib) {
  const int mod = modrm >> 6;
  if (mod == 3) return 1;
  const bool has_sib = (modrm & 7) == 4;
  const bool rip_or_no_base = (modrm & 7) == 5 || (has_sib && (sib & 7) == 5);
  const int displacement = mod == 1 ? 1 : mod == 2 || rip_or_no_base ? 4 : 0;
  return 1 + (has_sib ? 1 : 0) + displacement;
}

bool Decode(const uint8_t* bytes, size_t size, Instruction* instruction) {
  return Decoder(bytes, size, instruction).Run();
}

}  // namespace pprof::signal_safe
