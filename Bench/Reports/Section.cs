using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>One question and what was measured for it.</summary>
/// <param name="Name">Of its files.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Note">How to read it.</param>
/// <param name="Table">The figures.</param>
/// <param name="Chart">The picture, where there is one.</param>
internal sealed record Section(string Name, string Title, string Note, Table Table, BarChart? Chart = null);
