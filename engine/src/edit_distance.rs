//! How different two words or paths are, to suggest what was meant.

use std::mem;

/// The Levenshtein distance of two words.
#[must_use]
pub fn word_distance(one: &str, other: &str) -> usize {
    let [one, other] = [one, other].map(|word| word.chars().collect::<Vec<_>>());
    edit_distance(&one, &other, 1, |letter, against| usize::from(letter != against))
}

/// The greatest distance at which a known word is suggested.
const MOST_DIFFERENT: usize = 3;

/// The known word that is most similar to another one; `None` if none is similar. A word of any length takes little
/// time, because only known words of about its length are compared with it.
///
/// ```
/// use badgesmith_engine::edit_distance::nearest_word;
///
/// let styles = ["flat", "flat-square", "plastic"];
/// assert_eq!(nearest_word("flatsquare", styles.into_iter()), Some("flat-square"));
/// assert_eq!(nearest_word("round", styles.into_iter()), None);
/// ```
pub fn nearest_word<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let near = known
        .filter(|known| known.chars().count().abs_diff(length) <= MOST_DIFFERENT)
        .map(|known| (word_distance(word, known), known))
        .min_by_key(|(distance, _)| *distance);
    let is_near = |&(distance, near): &(usize, &str)| distance <= MOST_DIFFERENT && distance < near.len().div_ceil(2);
    near.filter(is_near).map(|(_, near)| near)
}

/// The least cost of turning one list into the other. Adding or removing an item costs `whole`; replacing one costs
/// what `replaced` returns.
pub fn edit_distance<A, B>(one: &[A], other: &[B], whole: usize, replaced: impl Fn(&A, &B) -> usize) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).map(|count| count * whole).collect();
    for (at, item) in one.iter().enumerate() {
        let mut diagonal = mem::replace(&mut row[0], (at + 1) * whole);
        for (column, against) in other.iter().enumerate() {
            let replaced = diagonal + replaced(item, against);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + whole).min(diagonal + whole);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_as_far_from_another_as_letters_have_to_be_changed() {
        for (one, other, distance) in
            [("", "", 0), ("", "abc", 3), ("label", "lable", 2), ("kitten", "sitting", 3), ("ä", "a", 1)]
        {
            assert_eq!(word_distance(one, other), distance, "{one} {other}");
            assert_eq!(word_distance(other, one), distance, "{other} {one}");
        }
    }
}
