//! The words names are made of: kind, plain, and each pair sounds like somebody one would like to meet.

pub(super) const ENGLISH_ADJECTIVES: [&str; 32] = [
    "Amber", "Autumn", "Brave", "Bright", "Calm", "Clear", "Cosy", "Curious", "Dawn", "Early", "Gentle", "Golden", "Happy",
    "Honest", "Kind", "Lively", "Lucky", "Mellow", "Merry", "Misty", "Morning", "Patient", "Quiet", "Quick", "Rosy", "Silver",
    "Snowy", "Spring", "Sunny", "Tidy", "Warm", "Wise",
];

pub(super) const ENGLISH_NOUNS: [&str; 32] = [
    "Badger", "Birch", "Brook", "Cedar", "Clover", "Crane", "Deer", "Falcon", "Fern", "Finch", "Fox", "Hare", "Heron", "Juniper",
    "Lark", "Lotus", "Magpie", "Maple", "Moon", "Otter", "Owl", "Pebble", "Pine", "Plum", "River", "Robin", "Sparrow", "Squirrel",
    "Swan", "Tiger", "Willow", "Wren",
];

pub(super) const KOREAN_ADJECTIVES: [&str; 32] = [
    "푸른", "맑은", "고운", "밝은", "따뜻한", "다정한", "씩씩한", "느긋한", "조용한", "부지런한", "슬기로운", "반가운", "산뜻한", "포근한", "든든한", "잔잔한",
    "용감한", "수줍은", "명랑한", "싱그러운", "은은한", "너그러운", "재빠른", "꼼꼼한", "호기심 많은", "새벽", "봄날", "가을", "노을빛", "달빛", "이른 아침", "웃는",
];

pub(super) const KOREAN_NOUNS: [&str; 32] = [
    "소나무", "까치", "두루미", "호랑이", "다람쥐", "고라니", "수달", "제비", "참새", "부엉이", "너구리", "토끼", "사슴", "나비", "진달래", "동백", "매화", "연꽃",
    "은행나무", "단풍나무", "대나무", "느티나무", "자작나무", "조약돌", "시냇물", "오솔길", "반딧불", "보름달", "종달새", "해바라기", "민들레", "도토리",
];
