from native._match_py import MatchIndex as MatchIndex
from native._match_py import match_classes as match_classes
