#include "profiler/symbolize/dwarf/format/form.h"

#include <iterator>

#include "profiler/symbolize/dwarf/format/constants.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT(google-build-using-namespace): the field's own names

// Encodings of forms.
enum class Layout : uint8_t {
  kUnknown,
  kNothing,
  k1,
  k2,
  k3,
  k4,
  k8,
  k16,
  kOffset,
  kAddress,
  kRefAddr,
  kUleb,
  kSleb,
  kText,
  kBlock1,
  kBlock2,
  kBlock4,
  kBlockUleb,
  kIndirect,
};

struct FormTraits {
  Layout layout = Layout::kUnknown;
  FormValue::Kind kind = FormValue::kNone;
};

using L = Layout;
using V = FormValue;
constexpr FormTraits kStandardTraits[] = {
    {},                               // 0x00
    {L::kAddress, V::kAddress},       // 0x01 addr
    {},                               // 0x02
    {L::kBlock2, V::kNone},           // 0x03 block2
    {L::kBlock4, V::kNone},           // 0x04 block4
    {L::k2, V::kConstant},            // 0x05 data2
    {L::k4, V::kConstant},            // 0x06 data4
    {L::k8, V::kConstant},            // 0x07 data8
    {L::kText, V::kText},             // 0x08 string
    {L::kBlockUleb, V::kNone},        // 0x09 block
    {L::kBlock1, V::kNone},           // 0x0a block1
    {L::k1, V::kConstant},            // 0x0b data1
    {L::k1, V::kConstant},            // 0x0c flag
    {L::kSleb, V::kConstant},         // 0x0d sdata
    {L::kOffset, V::kString},         // 0x0e strp
    {L::kUleb, V::kConstant},         // 0x0f udata
    {L::kRefAddr, V::kReference},     // 0x10 ref_addr
    {L::k1, V::kUnitReference},       // 0x11 ref1
    {L::k2, V::kUnitReference},       // 0x12 ref2
    {L::k4, V::kUnitReference},       // 0x13 ref4
    {L::k8, V::kUnitReference},       // 0x14 ref8
    {L::kUleb, V::kUnitReference},    // 0x15 ref_udata
    {L::kIndirect, V::kNone},         // 0x16 indirect
    {L::kOffset, V::kSectionOffset},  // 0x17 sec_offset
    {L::kBlockUleb, V::kNone},        // 0x18 exprloc
    {L::kNothing, V::kConstant},      // 0x19 flag_present
    {L::kUleb, V::kStringIndex},      // 0x1a strx
    {L::kUleb, V::kAddressIndex},     // 0x1b addrx
    {L::k4, V::kAltReference},        // 0x1c ref_sup4
    {L::kOffset, V::kAltString},      // 0x1d strp_sup
    {L::k16, V::kNone},               // 0x1e data16
    {L::kOffset, V::kLineString},     // 0x1f line_strp
    {L::k8, V::kNone},                // 0x20 ref_sig8
    {L::kNothing, V::kConstant},      // 0x21 implicit_const
    {L::kUleb, V::kListIndex},        // 0x22 loclistx
    {L::kUleb, V::kListIndex},        // 0x23 rnglistx
    {L::k8, V::kAltReference},        // 0x24 ref_sup8
    {L::k1, V::kStringIndex},         // 0x25 strx1
    {L::k2, V::kStringIndex},         // 0x26 strx2
    {L::k3, V::kStringIndex},         // 0x27 strx3
    {L::k4, V::kStringIndex},         // 0x28 strx4
    {L::k1, V::kAddressIndex},        // 0x29 addrx1
    {L::k2, V::kAddressIndex},        // 0x2a addrx2
    {L::k3, V::kAddressIndex},        // 0x2b addrx3
    {L::k4, V::kAddressIndex},        // 0x2c addrx4
};

FormTraits StandardTraits(uint16_t form) {
  return form < std::size(kStandardTraits) ? kStandardTraits[form] : FormTraits{};
}

FormTraits TraitsOf(uint16_t form) {
  switch (form) {
    case kFormGnuAddrIndex:
      return {Layout::kUleb, FormValue::kAddressIndex};
    case kFormGnuStrIndex:
      return {Layout::kUleb, FormValue::kStringIndex};
    case kFormGnuRefAlt:
      return {Layout::kRefAddr, FormValue::kAltReference};
    case kFormGnuStrpAlt:
      return {Layout::kOffset, FormValue::kAltString};
    default:
      return StandardTraits(form);
  }
}

int LayoutSize(Layout layout, const Encoding& encoding) {
  switch (layout) {
    case Layout::kNothing:
      return 0;
    case Layout::k1:
      return 1;
    case Layout::k2:
      return 2;
    case Layout::k3:
      return 3;
    case Layout::k4:
      return 4;
    case Layout::k8:
      return 8;
    case Layout::k16:
      return 16;
    case Layout::kOffset:
      return static_cast<int>(encoding.offset_size());
    case Layout::kAddress:
      return encoding.address_size;
    // DWARF 2 stored these references as addresses.
    case Layout::kRefAddr:
      return encoding.version <= 2 ? encoding.address_size
                                   : static_cast<int>(encoding.offset_size());
    default:
      return -1;
  }
}

uint64_t ReadFixed(sys::ByteCursor& cursor, int size) {
  switch (size) {
    case 0:
      return 1;  // the presence of DW_FORM_flag_present means true
    case 1:
      return cursor.U8();
    case 2:
      return cursor.U16();
    case 3:
      return cursor.U24();
    case 4:
      return cursor.U32();
    case 8:
      return cursor.U64();
    default:
      cursor.Skip(static_cast<uint64_t>(size));
      return 0;
  }
}

void SkipVariable(sys::ByteCursor& cursor, Layout layout) {
  switch (layout) {
    case Layout::kUleb:
    case Layout::kSleb:
      cursor.Uleb();
      break;
    case Layout::kText:
      cursor.CString();
      break;
    case Layout::kBlock1:
      cursor.Skip(cursor.U8());
      break;
    case Layout::kBlock2:
      cursor.Skip(cursor.U16());
      break;
    case Layout::kBlock4:
      cursor.Skip(cursor.U32());
      break;
    case Layout::kBlockUleb:
      cursor.Skip(cursor.Uleb());
      break;
    default:
      cursor.Fail();
  }
}

// The form named by DW_FORM_indirect; a second indirection is an error.
uint16_t ReadIndirect(sys::ByteCursor& cursor) {
  const uint64_t form = cursor.Uleb();
  return form > 0xffff || form == kFormIndirect || form == kFormImplicitConst
             ? 0
             : static_cast<uint16_t>(form);
}

}  // namespace

int FormSize(uint16_t form, const Encoding& encoding) {
  return LayoutSize(TraitsOf(form).layout, encoding);
}

FormValue ReadForm(sys::ByteCursor& cursor, const AttributeSpec& spec, const Encoding& encoding) {
  const uint16_t form = spec.form == kFormIndirect ? ReadIndirect(cursor) : spec.form;
  const FormTraits traits = TraitsOf(form);
  FormValue value;
  value.kind = traits.kind;
  if (form == kFormImplicitConst) {
    value.value = static_cast<uint64_t>(spec.implicit);
  } else if (const int size = LayoutSize(traits.layout, encoding); size >= 0) {
    value.value = ReadFixed(cursor, size);
  } else if (traits.layout == Layout::kUleb) {
    value.value = cursor.Uleb();
  } else if (traits.layout == Layout::kSleb) {
    value.value = static_cast<uint64_t>(cursor.Sleb());
  } else if (traits.layout == Layout::kText) {
    value.text = cursor.CString();
  } else {
    SkipVariable(cursor, traits.layout);
  }
  return cursor.ok() ? value : FormValue{};
}

void SkipForm(sys::ByteCursor& cursor, uint16_t form, const Encoding& encoding) {
  const uint16_t actual = form == kFormIndirect ? ReadIndirect(cursor) : form;
  const Layout layout = TraitsOf(actual).layout;
  const int size = LayoutSize(layout, encoding);
  if (size >= 0) {
    cursor.Skip(static_cast<uint64_t>(size));
  } else {
    SkipVariable(cursor, layout);
  }
}

}  // namespace pprof::symbolize
