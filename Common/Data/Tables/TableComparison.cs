namespace TraversalLearning.Data.Tables;

/// <summary>
/// Checks whether the tables of all parties mean the same. Differences that make them two tasks are errors, which name both
/// parties and both values; likely mistakes are warnings.
/// </summary>
public static class TableComparison
{
    // Means this many deviations apart, or deviations that differ by this factor, suggest different units, such as centimetres and metres.
    private const double DeviationsApart = 6;
    private const double FactorApart = 20;

    // With fewer rows, mean and deviation say little.
    private const int FewRows = 8;

    private const string SameSchema = $"give all the same {TableSchema.FileName}";

    /// <summary>The word for the column to predict.</summary>
    internal static string LabelWord(bool isTarget) => isTarget ? "the number" : "the class";

    /// <summary>Throws if the tables do not match.</summary>
    /// <param name="trained">The parties whose rows are trained on.</param>
    /// <param name="test">The test set; optional.</param>
    /// <exception cref="TableException">The tables do not match.</exception>
    public static void Require(IReadOnlyList<TableParty> trained, TableParty? test)
    {
        TableParty[] parties = AllOf(trained, test);
        foreach (TableParty other in parties.Skip(1))
        {
            if (parties[0].Table.Image != other.Table.Image)
            {
                throw new TableException($"{parties[0].Name} has {SamplesOf(parties[0])}, and {other.Name} {SamplesOf(other)}; {SameSchema}");
            }

            RequireLabel(parties[0], other);
            RequireColumns(parties[0], other);
            if (!Spellings(parties[0]).SequenceEqual(Spellings(other), StringComparer.Ordinal))
            {
                throw new TableException($"{parties[0].Name} takes {Quoted(Spellings(parties[0]))} for missing, and {other.Name} {Quoted(Spellings(other))}; {SameSchema}");
            }
        }

        RequireClosed(parties, "the class", t => t.ClosedClasses, t => [.. t.Classes.Select(c => (c.Name, (long?)c.Count))]);
        foreach (string column in trained[0].Table.Columns.Where(c => c.Kind == ColumnKind.Category).Select(c => c.Name))
        {
            RequireClosed(parties, $"column '{column}': the category", t => t.Column(column)!.Closed, t => [.. t.Column(column)!.Categories!.Select(n => (n, (long?)null))]);
        }

        HashSet<string> classes = trained.SelectMany(p => p.Table.Classes.Select(c => c.Name)).ToHashSet(StringComparer.Ordinal);
        if (test?.Table.Classes.FirstOrDefault(c => c.Count > 0 && !classes.Contains(c.Name)) is { } strange)
        {
            throw new TableException($"{test.Name} has the class '{strange.Name}' in {Rows(strange.Count)}, which is none of those that are trained with: {TableLimits.Some(Vocabulary.Sort(classes))}{DidYouMean(strange.Name, classes)}");
        }
    }

    /// <summary>Likely mistakes in matching tables, one per line.</summary>
    /// <param name="trained">The parties whose rows are trained on.</param>
    /// <param name="test">The test set; optional.</param>
    public static IReadOnlyList<string> Warnings(IReadOnlyList<TableParty> trained, TableParty? test)
    {
        TableParty[] parties = AllOf(trained, test);
        TableStatistics first = trained[0].Table;
        return
        [
            .. LookAlikes("class", parties, t => t.Classes.Where(c => c.Count > 0).Select(c => c.Name)),
            .. RareClasses(trained),
            .. first.Columns.SelectMany(c => c.Kind == ColumnKind.Category ? OfCategories(c.Name, trained, test) : OfNumbers(parties, $"column '{c.Name}'", t => t.Column(c.Name)!.Moments!)),
            .. first.Columns.SelectMany(c => MissingColumns(c.Name, trained)),
            .. first.Target is null ? [] : OfNumbers(parties, $"the number '{first.Label}'", t => t.Target!),
        ];
    }

    private static TableParty[] AllOf(IReadOnlyList<TableParty> trained, TableParty? test) => test is null ? [.. trained] : [.. trained, test];

    private static IEnumerable<string> RareClasses(IReadOnlyList<TableParty> trained) => trained.Any(p => p.Table.UncountedClasses) ? [] :
        trained.SelectMany(p => p.Table.Classes.Select(c => (c.Name, c.Count, Party: p.Name)))
            .GroupBy(c => c.Name, StringComparer.Ordinal)
            .Where(rows => rows.Sum(c => c.Count) == 1)
            .Select(rows => $"the class '{rows.Key}' has one row, at {rows.Single(c => c.Count == 1).Party}: is it spelled right?");

    private static IEnumerable<string> MissingColumns(string column, IReadOnlyList<TableParty> trained) =>
        from party in trained
        where party.Table.Rows > 0 && party.Table.Column(column)!.Missing == party.Table.Rows
        where trained.Any(o => o.Table.Column(column)!.Missing < o.Table.Rows)
        select $"column '{column}' is missing in all rows of {party.Name}";

    private static void RequireLabel(TableParty one, TableParty other)
    {
        if (!string.Equals(one.Table.Label, other.Table.Label, StringComparison.Ordinal) || one.Table.Target is null != other.Table.Target is null)
        {
            throw new TableException(
                $"{one.Name} has {LabelWord(one.Table.Target is not null)} '{one.Table.Label}' predicted, and {other.Name} {LabelWord(other.Table.Target is not null)} '{other.Table.Label}'; {SameSchema}");
        }
    }

    private static void RequireColumns(TableParty one, TableParty other)
    {
        RequireColumnsOf(other, one);
        RequireColumnsOf(one, other);
        foreach (ColumnStatistics column in one.Table.Columns)
        {
            ColumnKind kind = other.Table.Column(column.Name)!.Kind;
            if (kind != column.Kind)
            {
                throw new TableException($"column '{column.Name}' is {column.Kind.Word()} at {one.Name} and {kind.Word()} at {other.Name}; {SameSchema}");
            }
        }
    }

    private static void RequireColumnsOf(TableParty owner, TableParty other)
    {
        if (owner.Table.Columns.FirstOrDefault(c => other.Table.Column(c.Name) is null) is { } strange)
        {
            throw new TableException(
                $"{owner.Name} has a column '{strange.Name}', and {other.Name} has not{DidYouMean(strange.Name, other.Table.Columns.Select(c => c.Name))};"
                + $" give all tables the same columns, or name it under \"ignore\" in {TableSchema.FileName}");
        }
    }

    /// <summary>If schemas list the allowed names, requires that the lists are equal and that no party has other names.</summary>
    private static void RequireClosed(TableParty[] parties, string what, Func<TableStatistics, bool> isClosed, Func<TableStatistics, (string Name, long? Count)[]> namesOf)
    {
        if (Array.Find(parties, p => isClosed(p.Table)) is not { } closed)
        {
            return;
        }

        HashSet<string> allowed = namesOf(closed.Table).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        foreach (TableParty other in parties)
        {
            (string Name, long? Count)[] names = namesOf(other.Table);
            if (Array.Find(names, n => !allowed.Contains(n.Name)) is { Name: not null } strange)
            {
                string rows = strange.Count is { } count && !isClosed(other.Table) ? $" in {Rows(count)}" : string.Empty;
                throw new TableException(
                    $"{what} '{strange.Name}', which {other.Name} has{rows}, is none of those that {TableSchema.FileName} of {closed.Name} names: {TableLimits.Some(Vocabulary.Sort(allowed))}"
                    + DidYouMean(strange.Name, allowed));
            }

            if (isClosed(other.Table) && allowed.FirstOrDefault(a => !Array.Exists(names, n => n.Name == a)) is { } lacking)
            {
                throw new TableException($"{what} '{lacking}', which {TableSchema.FileName} of {closed.Name} names, is none of those of {other.Name}; {SameSchema}");
            }
        }
    }

    private static IEnumerable<string> OfCategories(string column, IReadOnlyList<TableParty> trained, TableParty? test)
    {
        TableParty[] parties = AllOf(trained, test);
        foreach (string alike in LookAlikes($"column '{column}': category", parties, t => t.Column(column)!.Categories!))
        {
            yield return alike;
        }

        string[] known = [.. trained.SelectMany(p => p.Table.Column(column)!.Categories!)];
        if (test?.Table.Column(column)!.Categories!.FirstOrDefault(n => !known.Contains(n, StringComparer.Ordinal)) is { } strange)
        {
            yield return $"column '{column}': {test.Name} has the category '{strange}', which is none of those that are trained with: it counts as {(trained.Any(p => p.Table.Column(column)!.Other) ? "one of the others" : "none of them")}";
        }
    }

    private static IEnumerable<string> LookAlikes(string what, TableParty[] parties, Func<TableStatistics, IEnumerable<string>> namesOf) =>
        parties.SelectMany(p => namesOf(p.Table)).Distinct(StringComparer.Ordinal)
            .GroupBy(TableText.Likeness, StringComparer.Ordinal)
            .Where(alike => alike.Count() > 1)
            .Select(alike => $"{what} {string.Join(" and ", alike.Select(n => $"'{Visible(n)}' ({parties.First(p => namesOf(p.Table).Contains(n, StringComparer.Ordinal)).Name})"))} look like one and count as {alike.Count()}"
                + $"; spell them alike, or name those that there may be in {TableSchema.FileName}");

    private static IEnumerable<string> OfNumbers(TableParty[] parties, string what, Func<TableStatistics, Moments> momentsOf)
    {
        (string Name, Moments Moments)[] known = [.. parties.Select(p => (p.Name, momentsOf(p.Table))).Where(p => p.Item2.Count >= FewRows)];
        if (known.Length < 2)
        {
            yield break;
        }

        (string Name, Moments Moments) low = known.MinBy(p => p.Moments.Mean);
        (string Name, Moments Moments) high = known.MaxBy(p => p.Moments.Mean);
        (string Name, Moments Moments) narrow = known.MinBy(p => Spread(p.Moments));
        (string Name, Moments Moments) wide = known.MaxBy(p => Spread(p.Moments));
        if (Spread(wide.Moments) > 0 && high.Moments.Mean - low.Moments.Mean > DeviationsApart * (Spread(high.Moments) + Spread(low.Moments)))
        {
            yield return $"{what} is {Shown(low)}, and {Shown(high)}: is it in the same unit?";
        }
        else if (Spread(narrow.Moments) > 0 && Spread(wide.Moments) > FactorApart * Spread(narrow.Moments))
        {
            yield return $"{what} is {Shown(narrow)}, and {Shown(wide)}: is it in the same unit?";
        }

        static double Spread(Moments m) => Math.Sqrt(m.M2 / m.Count);
        static string Shown((string Name, Moments Moments) of) =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{of.Moments.Mean:G3} ± {Spread(of.Moments):G2} at {of.Name}");
    }

    private static string SamplesOf(TableParty party) => party.Table.Image is { } image ? $"images of {image}" : "rows of a table";

    private static string[] Spellings(TableParty party) => party.Table.Missing ?? MissingValues.Default.Spellings;

    private static string DidYouMean(string name, IEnumerable<string> others) =>
        others.FirstOrDefault(o => TableText.Likeness(o) == TableText.Likeness(name)) is { } like ? $" (but '{like}')" : string.Empty;

    // Names may differ only in zero-width characters.
    private static string Visible(string name) => string.Concat(name.EnumerateRunes().Select(r =>
        System.Text.Rune.GetUnicodeCategory(r) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Control ? $"\\u{r.Value:X4}" : r.ToString()));

    private static string Quoted(string[] spellings) => spellings.Length == 0 ? "nothing" : string.Join(", ", spellings.Select(s => $"'{s}'"));

    private static string Rows(long count) => count == 1 ? "1 row" : $"{count} rows";
}
