namespace TraversalLearning.Configuration;

/// <summary>A kind of configuration file, for messages.</summary>
/// <param name="Noun">What such a file is: <c>study</c>.</param>
/// <param name="Key">A key that it may have.</param>
/// <param name="Least">What it says at least.</param>
public sealed record ConfigKind(string Noun, string Key, string Least);
