;; Copies a text into the memory of the module that decodes it, as UTF-8.
;;
;; `TextEncoder.encodeInto` takes a nanosecond for a character of ASCII in browsers, two for others, and as much as 200
;; characters for being called. Where WebAssembly may read strings (JS String Builtins), the browser lays the UTF-16 code
;; units into an array in one go, and the loop here brings them over: no slower for ASCII, twice as fast for the rest.
;;
;; JavaScript holds this assembled, in pkg/src/generated/copier.js: run `cargo xtask codegen` after a change.
(module
  (type $units (array (mut i16)))
  (import "wasm:js-string" "intoCharCodeArray"
    (func $read (param externref (ref null $units) i32) (result i32)))
  ;; The memory that is written to.
  (import "e" "m" (memory 0))
  ;; How long a text can be, in UTF-16 code units: a longer one traps.
  (import "e" "n" (global $most i32))
  (global $desk (ref $units) (array.new_default $units (global.get $most)))

  ;; Writes a byte that follows the first of a character: six of its bits.
  (func $follow (param $to i32) (param $bits i32)
    (i32.store8 (local.get $to) (i32.or (i32.const 0x80) (i32.and (local.get $bits) (i32.const 0x3f)))))

  ;; The character that the surrogate before `i` and the one at `i` stand for, or U+FFFD where they are no pair.
  (func $pair (param $source (ref $units)) (param $i i32) (param $length i32) (param $first i32) (result i32)
    (local $second i32)
    (if
      (i32.and (i32.lt_u (local.get $first) (i32.const 0xdc00)) (i32.lt_u (local.get $i) (local.get $length)))
      (then
        (local.set $second (array.get_u $units (local.get $source) (local.get $i)))
        (if (i32.eq (i32.and (local.get $second) (i32.const 0xfc00)) (i32.const 0xdc00))
          (then
            ;; 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), with what is constant in one number.
            (return
              (i32.sub
                (i32.add (i32.shl (local.get $first) (i32.const 10)) (local.get $second))
                (i32.const 0x35fdc00)))))))
    (i32.const 0xfffd))

  ;; Copies `text` to `from`, and gives the number of bytes, or -1 where it might not fit before `end`. A lone surrogate
  ;; becomes U+FFFD, as the Encoding standard has it.
  (func (export "c") (param $text externref) (param $from i32) (param $end i32) (result i32)
    (local $source (ref $units))
    (local $length i32)
    ;; The next unit, and the next byte.
    (local $i i32)
    (local $to i32)
    (local $a i32)
    (local $b i32)
    (local $c i32)
    (local $d i32)
    ;; Where the block ends that is gone through unit by unit.
    (local $block i32)
    (local.set $source (global.get $desk))
    (local.set $length (call $read (local.get $text) (local.get $source) (i32.const 0)))
    (local.set $to (local.get $from))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
        ;; Three units of three bytes and a pair of surrogates take 13.
        (if (i32.gt_u (i32.add (local.get $to) (i32.const 13)) (local.get $end))
          (then (return (i32.const -1))))
        (local.set $block (i32.add (local.get $i) (i32.const 4)))
        (if (i32.le_u (local.get $block) (local.get $length))
          (then
            (local.set $a (array.get_u $units (local.get $source) (local.get $i)))
            (local.set $b (array.get_u $units (local.get $source) (i32.add (local.get $i) (i32.const 1))))
            (local.set $c (array.get_u $units (local.get $source) (i32.add (local.get $i) (i32.const 2))))
            (local.set $d (array.get_u $units (local.get $source) (i32.add (local.get $i) (i32.const 3))))
            (if
              (i32.lt_u
                (i32.or (i32.or (local.get $a) (local.get $b)) (i32.or (local.get $c) (local.get $d)))
                (i32.const 0x80))
              (then
                (i32.store align=1 (local.get $to)
                  (i32.or
                    (i32.or (local.get $a) (i32.shl (local.get $b) (i32.const 8)))
                    (i32.or
                      (i32.shl (local.get $c) (i32.const 16))
                      (i32.shl (local.get $d) (i32.const 24)))))
                (local.set $to (i32.add (local.get $to) (i32.const 4)))
                (local.set $i (local.get $block))
                (br $blocks))))
          (else (local.set $block (local.get $length))))
        (loop $units
          (local.set $a (array.get_u $units (local.get $source) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (block $next
            (if (i32.lt_u (local.get $a) (i32.const 0x80))
              (then
                (i32.store8 (local.get $to) (local.get $a))
                (local.set $to (i32.add (local.get $to) (i32.const 1)))
                (br $next)))
            (if (i32.lt_u (local.get $a) (i32.const 0x800))
              (then
                (i32.store8 (local.get $to) (i32.or (i32.const 0xc0) (i32.shr_u (local.get $a) (i32.const 6)))))
              (else
                (if (i32.eq (i32.and (local.get $a) (i32.const 0xf800)) (i32.const 0xd800))
                  (then
                    (local.set $a (call $pair (local.get $source) (local.get $i) (local.get $length) (local.get $a)))))
                (if (i32.lt_u (local.get $a) (i32.const 0x10000))
                  (then
                    (i32.store8 (local.get $to) (i32.or (i32.const 0xe0) (i32.shr_u (local.get $a) (i32.const 12)))))
                  (else
                    ;; The second of the pair is read, too.
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.store8 (local.get $to) (i32.or (i32.const 0xf0) (i32.shr_u (local.get $a) (i32.const 18))))
                    (local.set $to (i32.add (local.get $to) (i32.const 1)))
                    (call $follow (local.get $to) (i32.shr_u (local.get $a) (i32.const 12)))))
                (local.set $to (i32.add (local.get $to) (i32.const 1)))
                (call $follow (local.get $to) (i32.shr_u (local.get $a) (i32.const 6)))))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (call $follow (local.get $to) (local.get $a))
            (local.set $to (i32.add (local.get $to) (i32.const 1))))
          (br_if $units (i32.lt_u (local.get $i) (local.get $block))))
        (br $blocks)))
    (i32.sub (local.get $to) (local.get $from))))
