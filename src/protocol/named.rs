//! Enumerations whose values have names in JavaScript.

/// Declares an enumeration with the names of its values, a list of all values, and a function that gives the name of one.
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
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name that JavaScript sees.
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
