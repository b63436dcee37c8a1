//! Enumerations whose variants have names in JavaScript.

/// Declares an enumeration with a name for each variant, a list of all variants, and a function that returns the name.
macro_rules! named {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $type:ident as $function:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $name:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $type {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $type {
            /// All variants.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name in JavaScript.
            #[must_use]
            pub const fn $function(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )+
                }
            }
        }
    };
}

pub(crate) use named;
