/* probe_files.c - tiny files of every kind, built byte by byte.
 *
 * Each is as small as its format allows, with the header fields in the places
 * that the specifications give, written here by other code than reads them. */
#include "unit/probe_files.h"
#include <gamut/plugin.h>
#include <stdlib.h>
#include <string.h>

static void put(struct bytes *b, const void *p, size_t len)
{
  if (len > BYTES_MAX - b->len)
    abort();
  memcpy(b->at + b->len, p, len);
  b->len += len;
}

static void put_str(struct bytes *b, const char *s)
{
  put(b, s, strlen(s));
}

static void put_zeros(struct bytes *b, size_t n)
{
  static const uint8_t zeros[128];

  put(b, zeros, n);
}

/* `n` bytes, most significant first */
static void put_be(struct bytes *b, uint64_t v, unsigned n)
{
  while (n-- > 0) {
    uint8_t byte = (uint8_t)(v >> 8 * n);

    put(b, &byte, 1);
  }
}

static void put_le(struct bytes *b, uint64_t v, unsigned n)
{
  for (unsigned i = 0; i < n; i++) {
    uint8_t byte = (uint8_t)(v >> 8 * i);

    put(b, &byte, 1);
  }
}

/* ---- pictures ----------------------------------------------------------- */

static void png(struct bytes *b)
{
  put_str(b, "\x89PNG\r\n\x1a\n");
  put_be(b, 13, 4);
  put_str(b, "IHDR");
  put_be(b, 1344, 4);
  put_be(b, 768, 4);
  put(b, "\x08\x02\0\0\0", 5);
  put_be(b, 0x12345678, 4);
}

static void gif(struct bytes *b)
{
  put_str(b, "GIF89a");
  put_le(b, 320, 2);
  put_le(b, 200, 2);
  put(b, "\0\0\0;", 4);
}

/* `sof` differs between baseline and progressive. */
static void jpeg_with(struct bytes *b, uint8_t sof)
{
  put_str(b, "\xff\xd8\xff\xe0");
  put_be(b, 16, 2);
  put(b, "JFIF\0\1\1\0\0\1\0\1\0\0", 14);
  put_str(b, "\xff\xe1"); /* EXIF, with what looks like a frame in it */
  put_be(b, 10, 2);
  put(b, "\xff\xc0\0\x0b\x08\0\1\0", 8);
  put(b, "\xff\xff\xff\xc4\0\4\1\2", 8); /* fill bytes, a table */
  put_be(b, 0xff00u | sof, 2);
  put_be(b, 17, 2);
  put_be(b, 8, 1);
  put_be(b, 480, 2);
  put_be(b, 640, 2);
  put(b, "\3\1\x11\0\2\x11\1\3\x11\1", 10);
  put_str(b, "\xff\xd9");
}

static void jpeg(struct bytes *b)
{
  jpeg_with(b, 0xc0);
}

static void jpeg_progressive(struct bytes *b)
{
  jpeg_with(b, 0xc2);
}

static void webp_lossy(struct bytes *b)
{
  put(b, "RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0", 20);
  put(b, "\x30\x01\0\x9d\x01\x2a", 6);
  put_le(b, 640 | 1u << 14, 2); /* upper bits are a scale */
  put_le(b, 360, 2);
  put_zeros(b, 4);
}

static void webp_lossless(struct bytes *b)
{
  put(b, "RIFF\x12\0\0\0WEBPVP8L\5\0\0\0\x2f", 21);
  put_le(b, (1000 - 1) | (750 - 1) << 14, 4);
}

static void webp_extended(struct bytes *b)
{
  put(b, "RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0", 24);
  put_le(b, 2048 - 1, 3);
  put_le(b, 1152 - 1, 3);
}

static void bmp(struct bytes *b)
{
  put_str(b, "BM");
  put_zeros(b, 8);
  put_le(b, 54, 4);
  put_le(b, 40, 4);
  put_le(b, 33, 4);
  put_le(b, (uint32_t)-44, 4); /* rows from the top */
  put_zeros(b, 28);
}

static void tiff(struct bytes *b)
{
  put(b, "MM\0*\0\0\0\x08\0\2", 10);
  put(b, "\1\0\0\3\0\0\0\1\0\x64\0\0", 12); /* width, short */
  put(b, "\1\1\0\4\0\0\0\1\0\0\0\x32", 12); /* height, long */
  put_zeros(b, 4);
}

static void svg(struct bytes *b)
{
  put_str(b, "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- a <svg> -->\n"
             "<svg xmlns=\"http://www.w3.org/2000/svg\" stroke-width=\"3\" "
             "width=\"512px\" height='300.5'/>");
}

static void svg_box(struct bytes *b)
{
  put_str(b, "<svg viewBox=\"-5 -5 24 48\" width=\"100%\"></svg>");
}

/* ---- boxes -------------------------------------------------------------- */

static size_t box_begin(struct bytes *b, const char *name)
{
  put_be(b, 0, 4);
  put_str(b, name);
  return b->len - 8;
}

static void box_end(struct bytes *b, size_t start)
{
  uint32_t size = (uint32_t)(b->len - start);

  for (unsigned i = 0; i < 4; i++)
    b->at[start + i] = (uint8_t)(size >> (24 - 8 * i));
}

static void box_ispe(struct bytes *b, uint32_t width, uint32_t height)
{
  size_t ispe = box_begin(b, "ispe");

  put_be(b, 0, 4);
  put_be(b, width, 4);
  put_be(b, height, 4);
  box_end(b, ispe);
}

/* `brand` is 4 letters or several fours: the first is the major one. */
static void box_ftyp(struct bytes *b, const char *brand, const char *others)
{
  size_t ftyp = box_begin(b, "ftyp");

  put_str(b, brand);
  put_be(b, 0, 4);
  put_str(b, others);
  box_end(b, ftyp);
}

static void still(struct bytes *b, const char *brand, const char *others)
{
  size_t meta, iprp, ipco;

  box_ftyp(b, brand, others);
  meta = box_begin(b, "meta");
  put_be(b, 0, 4);
  iprp = box_begin(b, "iprp");
  ipco = box_begin(b, "ipco");
  box_ispe(b, 160, 120); /* the thumbnail */
  box_ispe(b, 1920, 1080);
  box_end(b, ipco);
  box_end(b, iprp);
  box_end(b, meta);
}

static void avif(struct bytes *b)
{
  still(b, "avif", "mif1miaf");
}

static void heic(struct bytes *b)
{
  still(b, "mif1", "mif1heic");
}

static void box_mvhd(struct bytes *b, unsigned version, uint64_t duration)
{
  size_t mvhd = box_begin(b, "mvhd");
  unsigned wide = version == 1 ? 8 : 4;

  put_be(b, version, 1);
  put_zeros(b, 3);
  put_zeros(b, 2 * wide);
  put_be(b, 600, 4);
  put_be(b, duration, wide);
  put_zeros(b, 80);
  box_end(b, mvhd);
}

static void box_trak(struct bytes *b, unsigned version, const char *handler,
                     uint32_t width, uint32_t height, int turned)
{
  size_t trak = box_begin(b, "trak"), tkhd = box_begin(b, "tkhd"), mdia, hdlr;

  put_be(b, version, 1);
  put_zeros(b, 3);
  put_zeros(b, version == 1 ? 32 : 20);
  put_zeros(b, 16);
  put_be(b, turned ? 0 : 0x10000, 4);
  put_be(b, turned ? 0x10000 : 0, 4);
  put_zeros(b, 28);
  put_be(b, width << 16, 4);
  put_be(b, height << 16, 4);
  box_end(b, tkhd);
  mdia = box_begin(b, "mdia");
  hdlr = box_begin(b, "hdlr");
  put_zeros(b, 8);
  put_str(b, handler);
  put_zeros(b, 13);
  box_end(b, hdlr);
  box_end(b, mdia);
  box_end(b, trak);
}

/* Sound first, index last, a box with a 64-bit size between. */
static void mp4(struct bytes *b)
{
  size_t moov;

  box_ftyp(b, "isom", "isomiso2avc1mp41");
  put_be(b, 1, 4);
  put_str(b, "mdat");
  put_be(b, 16 + 100, 8);
  put_zeros(b, 100);
  moov = box_begin(b, "moov");
  box_mvhd(b, 0, 600 * 5 + 25);
  box_trak(b, 0, "soun", 0, 0, 0);
  box_trak(b, 0, "vide", 1280, 720, 0);
  box_end(b, moov);
}

static void mov_turned(struct bytes *b)
{
  size_t moov;

  box_ftyp(b, "qt  ", "qt  ");
  moov = box_begin(b, "moov");
  box_mvhd(b, 1, 600 * 8);
  box_trak(b, 1, "vide", 1920, 1080, 1);
  box_end(b, moov);
  put_be(b, 0, 4); /* to the end of the file */
  put_str(b, "mdat");
  put_zeros(b, 20);
}

static void mp4_fragments(struct bytes *b)
{
  size_t moov, mvex, mehd;

  box_ftyp(b, "iso5", "iso6mp41");
  moov = box_begin(b, "moov");
  box_mvhd(b, 0, 0);
  box_trak(b, 0, "vide", 854, 480, 0);
  mvex = box_begin(b, "mvex");
  mehd = box_begin(b, "mehd");
  put_be(b, 0, 4);
  put_be(b, 600 * 3, 4);
  box_end(b, mehd);
  box_end(b, mvex);
  box_end(b, moov);
}

static void mp4_indexed(struct bytes *b)
{
  size_t moov, sidx;

  box_ftyp(b, "iso5", "dash");
  moov = box_begin(b, "moov");
  box_mvhd(b, 0, 0);
  box_trak(b, 0, "vide", 640, 640, 0);
  box_end(b, moov);
  sidx = box_begin(b, "sidx");
  put_zeros(b, 8);
  put_be(b, 90000, 4);
  put_zeros(b, 8);
  put_be(b, 2, 4);
  for (int i = 0; i < 2; i++) {
    put_be(b, 1000, 4);
    put_be(b, 90000 * 2, 4);
    put_zeros(b, 4);
  }
  box_end(b, sidx);
}

static void m4a(struct bytes *b)
{
  size_t moov;

  box_ftyp(b, "isom", "mp42");
  moov = box_begin(b, "moov");
  box_mvhd(b, 0, 600);
  box_trak(b, 0, "soun", 0, 0, 0);
  box_end(b, moov);
}

/* ---- Matroska ----------------------------------------------------------- */

/* An element with a size of one byte, closed by ebml_end(). */
static size_t ebml_begin(struct bytes *b, uint32_t id)
{
  unsigned n = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;

  put_be(b, id, n);
  put_be(b, 0x80, 1);
  return b->len;
}

static void ebml_end(struct bytes *b, size_t start)
{
  if (b->len - start >= 127)
    abort();
  b->at[start - 1] = (uint8_t)(0x80 | (b->len - start));
}

static void ebml_uint(struct bytes *b, uint32_t id, uint64_t v, unsigned n)
{
  size_t e = ebml_begin(b, id);

  put_be(b, v, n);
  ebml_end(b, e);
}

static void ebml_header(struct bytes *b, const char *doctype)
{
  size_t head = ebml_begin(b, 0x1a45dfa3), e;

  ebml_uint(b, 0x4286, 1, 1);
  e = ebml_begin(b, 0x4282);
  put_str(b, doctype);
  ebml_end(b, e);
  ebml_end(b, head);
}

static void mkv_body(struct bytes *b)
{
  size_t info = ebml_begin(b, 0x1549a966), tracks, track, video;

  ebml_uint(b, 0x2ad7b1, 1000000, 3);
  ebml_uint(b, 0x4489, 0x40b3880000000000, 8); /* 5000.0 */
  ebml_end(b, info);
  tracks = ebml_begin(b, 0x1654ae6b);
  track = ebml_begin(b, 0xae);
  ebml_uint(b, 0x83, 1, 1);
  video = ebml_begin(b, 0xe0);
  ebml_uint(b, 0xb0, 1024, 2);
  ebml_uint(b, 0xba, 576, 2);
  ebml_end(b, video);
  ebml_end(b, track);
  ebml_end(b, tracks);
}

static void webm(struct bytes *b)
{
  ebml_header(b, "webm");
  put(b, "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", 12); /* open */
  ebml_uint(b, 0xec, 0, 5);                                       /* void */
  mkv_body(b);
  put(b, "\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff", 12);
  put_zeros(b, 16);
}

static void mkv(struct bytes *b)
{
  size_t segment;

  ebml_header(b, "matroska");
  segment = ebml_begin(b, 0x18538067);
  mkv_body(b);
  ebml_end(b, segment);
}

static void weba(struct bytes *b)
{
  size_t segment, info, tracks, track;

  ebml_header(b, "webm");
  segment = ebml_begin(b, 0x18538067);
  info = ebml_begin(b, 0x1549a966);
  ebml_uint(b, 0x4489, 0x447a0000, 4); /* 1000.0f, of the usual unit */
  ebml_end(b, info);
  tracks = ebml_begin(b, 0x1654ae6b);
  track = ebml_begin(b, 0xae);
  ebml_uint(b, 0x83, 2, 1);
  ebml_end(b, track);
  ebml_end(b, tracks);
  ebml_end(b, segment);
}

/* ---- sound -------------------------------------------------------------- */

static void wav(struct bytes *b)
{
  put(b, "RIFF\0\0\0\0WAVE", 12);
  put(b, "LIST\3\0\0\0abc\0", 12); /* odd, so padded */
  put(b, "fmt \x10\0\0\0\1\0\1\0", 12);
  put_le(b, 100, 4);
  put_le(b, 200, 4); /* bytes a second */
  put(b, "\2\0\x10\0", 4);
  put(b, "data\x2c\1\0\0", 8);
  for (int i = 0; i < 3; i++)
    put_zeros(b, 100);
}

static void flac(struct bytes *b)
{
  put(b, "fLaC\x80\0\0\x22", 8);
  put_zeros(b, 10);
  /* 48000 Hz, 2 channels, 16 bits, 72000 samples */
  put_be(b, UINT64_C(48000) << 44 | 1ull << 41 | 15ull << 36 | 72000, 8);
  put_zeros(b, 16);
}

static void ogg_page(struct bytes *b, const char *packet)
{
  put_str(b, "OggS");
  put_zeros(b, 22);
  put(b, "\1\x13", 2);
  put_str(b, packet);
  put_zeros(b, 11);
}

static void ogg(struct bytes *b)
{
  ogg_page(b, "\1vorbis");
}

static void opus(struct bytes *b)
{
  ogg_page(b, "OpusHead");
}

static void ogv(struct bytes *b)
{
  ogg_page(b, "\x80theora");
}

static void mp3_tagged(struct bytes *b)
{
  put(b, "ID3\4\0\0\0\0\0\0", 10);
}

static void mp3(struct bytes *b)
{
  put(b, "\xff\xfb\x90\x64\0\0\0\0", 8);
}

static void aac(struct bytes *b)
{
  put(b, "\xff\xf1\x50\x80\x02\x1f\xfc", 7);
}

/* ---- what is no medium -------------------------------------------------- */

static void html(struct bytes *b)
{
  put_str(b, "\r\n <!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>");
}

static void html_commented(struct bytes *b)
{
  put_str(b, "<!-- gateway --><HTML><svg width=\"1\" height=\"1\"/></HTML>");
}

static void json(struct bytes *b)
{
  put_str(b, " {\"detail\": \"not found\"}");
}

static void xml(struct bytes *b)
{
  put_str(b, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>");
}

static void text(struct bytes *b)
{
  put_str(b, "upstream connect error");
}

static void pdf(struct bytes *b)
{
  put_str(b, "%PDF-1.7\n");
}

static void zip(struct bytes *b)
{
  put(b, "PK\3\4\x14\0", 6);
}

static void gz(struct bytes *b)
{
  put(b, "\x1f\x8b\x08\0\0\0", 6);
}

/* clang-format off */
const struct probe_file probe_files[] = {
  { "png", png, GAMUT_IMAGE, "image/png", "png", 1344, 768, 0 },
  { "gif", gif, GAMUT_IMAGE, "image/gif", "gif", 320, 200, 0 },
  { "jpeg", jpeg, GAMUT_IMAGE, "image/jpeg", "jpg", 640, 480, 0 },
  { "jpeg progressive", jpeg_progressive, GAMUT_IMAGE, "image/jpeg", "jpg",
    640, 480, 0 },
  { "webp lossy", webp_lossy, GAMUT_IMAGE, "image/webp", "webp", 640, 360, 0 },
  { "webp lossless", webp_lossless, GAMUT_IMAGE, "image/webp", "webp",
    1000, 750, 0 },
  { "webp extended", webp_extended, GAMUT_IMAGE, "image/webp", "webp",
    2048, 1152, 0 },
  { "bmp", bmp, GAMUT_IMAGE, "image/bmp", "bmp", 33, 44, 0 },
  { "tiff", tiff, GAMUT_IMAGE, "image/tiff", "tiff", 100, 50, 0 },
  { "svg", svg, GAMUT_IMAGE, "image/svg+xml", "svg", 512, 301, 0 },
  { "svg view box", svg_box, GAMUT_IMAGE, "image/svg+xml", "svg", 24, 48, 0 },
  { "avif", avif, GAMUT_IMAGE, "image/avif", "avif", 1920, 1080, 0 },
  { "heic", heic, GAMUT_IMAGE, "image/heic", "heic", 1920, 1080, 0 },
  { "mp4", mp4, GAMUT_VIDEO, "video/mp4", "mp4", 1280, 720, 5042 },
  { "mov turned", mov_turned, GAMUT_VIDEO, "video/quicktime", "mov",
    1080, 1920, 8000 },
  { "mp4 fragments", mp4_fragments, GAMUT_VIDEO, "video/mp4", "mp4",
    854, 480, 3000 },
  { "mp4 indexed", mp4_indexed, GAMUT_VIDEO, "video/mp4", "mp4",
    640, 640, 4000 },
  { "m4a", m4a, GAMUT_AUDIO, "audio/mp4", "m4a", 0, 0, 1000 },
  { "webm", webm, GAMUT_VIDEO, "video/webm", "webm", 1024, 576, 5000 },
  { "mkv", mkv, GAMUT_VIDEO, "video/x-matroska", "mkv", 1024, 576, 5000 },
  { "weba", weba, GAMUT_AUDIO, "audio/webm", "webm", 0, 0, 1000 },
  { "wav", wav, GAMUT_AUDIO, "audio/wav", "wav", 0, 0, 1500 },
  { "flac", flac, GAMUT_AUDIO, "audio/flac", "flac", 0, 0, 1500 },
  { "ogg", ogg, GAMUT_AUDIO, "audio/ogg", "ogg", 0, 0, 0 },
  { "opus", opus, GAMUT_AUDIO, "audio/ogg", "opus", 0, 0, 0 },
  { "ogv", ogv, GAMUT_VIDEO, "video/ogg", "ogv", 0, 0, 0 },
  { "mp3 tagged", mp3_tagged, GAMUT_AUDIO, "audio/mpeg", "mp3", 0, 0, 0 },
  { "mp3", mp3, GAMUT_AUDIO, "audio/mpeg", "mp3", 0, 0, 0 },
  { "aac", aac, GAMUT_AUDIO, "audio/aac", "aac", 0, 0, 0 },
  { "html", html, 0, "text/html", "html", 0, 0, 0 },
  { "html commented", html_commented, 0, "text/html", "html", 0, 0, 0 },
  { "json", json, 0, "application/json", "json", 0, 0, 0 },
  { "xml", xml, 0, "application/xml", "xml", 0, 0, 0 },
  { "text", text, 0, "text/plain", "txt", 0, 0, 0 },
  { "pdf", pdf, 0, "application/pdf", "pdf", 0, 0, 0 },
  { "zip", zip, 0, "application/zip", "zip", 0, 0, 0 },
  { "gz", gz, 0, "application/gzip", "gz", 0, 0, 0 },
};
/* clang-format on */
const size_t n_probe_files = sizeof(probe_files) / sizeof(probe_files[0]);
