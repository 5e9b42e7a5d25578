using System.CommandLine;
using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Configuration;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// The combinations that a study tries: the product of its grids, each combined with every sample. A sample draws one
/// value for each key of <c>choice</c>, <c>uniform</c>, <c>loguniform</c> and <c>int</c>: samples consecutively from
/// one generator, and within a sample in the order of flag names.
/// </summary>
internal sealed class StudySweep
{
    /// <summary>The key of the section.</summary>
    public const string Key = "sweep";

    private const int Digits = 4;
    private const int MaxSamples = 10_000;

    private static readonly string[] Drawn = ["choice", "uniform", "loguniform", "int"];

    private readonly StudyOptions _options;
    private readonly List<(Option Option, IReadOnlyList<StudyValue> Values)> _grid = [];
    private readonly List<(Option Option, Func<SeededRandom, StudyValue> Draw)> _draws = [];
    private readonly int _samples = 1;
    private readonly ulong _seed = 1;

    /// <summary>Reads the <c>sweep</c> section.</summary>
    /// <param name="options">The options of runs.</param>
    /// <param name="map">The section; <see langword="null"/> if missing.</param>
    /// <exception cref="UserErrorException">Invalid; the message gives the position.</exception>
    public StudySweep(StudyOptions options, ConfigMap? map)
    {
        _options = options;
        if (map is null)
        {
            return;
        }

        At = map.At;
        var section = new ConfigSection(map, Key, ["grid", .. Drawn, "num_samples", "seed"]);
        ReadEach(section, "grid", (option, key, entry) => _grid.Add((option, ReadValues(option, key, entry.Value))));
        ReadEach(section, "choice", (option, key, entry) =>
        {
            IReadOnlyList<StudyValue> values = ReadValues(option, key, entry.Value);
            _draws.Add((option, random => values[random.Next(values.Count)]));
        });
        ReadEach(section, "uniform", (option, key, entry) => AddRange(option, key, entry, double.MinValue, static (low, high, share) => low + ((high - low) * share)));
        ReadEach(section, "loguniform", (option, key, entry) => AddRange(option, key, entry, double.Epsilon, static (low, high, share) => low * Math.Pow(high / low, share)));
        ReadEach(section, "int", AddWhole);
        _draws.Sort(static (a, b) => string.CompareOrdinal(a.Option.Name, b.Option.Name));
        _samples = ReadSamples(section);
        _seed = section.Seed("seed") ?? _seed;
    }

    /// <summary>Its position; <see langword="null"/> if missing.</summary>
    public FilePosition? At { get; }

    /// <summary>The varying flags in the order of the file, the algorithm first.</summary>
    public IEnumerable<Option> Swept =>
        _grid.Select(g => g.Option).Concat(_draws.Select(d => d.Option)).OrderBy(o => o.Name == RunLines.Algorithm ? 0 : 1);

    /// <summary>Number of combinations, saturating on overflow.</summary>
    public long Count => (long)Math.Min(long.MaxValue / 2, _grid.Aggregate((double)_samples, (n, g) => n * g.Values.Count));

    /// <summary>
    /// All combinations: for each point of the grid its samples in turn; the last key of the grid varies fastest.
    /// </summary>
    public IEnumerable<IReadOnlyList<StudyValue>> Combinations()
    {
        var random = new SeededRandom(_seed);
        StudyValue[][] samples = [.. Enumerable.Range(0, _samples).Select(_ => _draws.Select(d => d.Draw(random)).ToArray())];
        IEnumerable<StudyValue[]> points = _grid.Aggregate(
            (IEnumerable<StudyValue[]>)[[]], (before, g) => before.SelectMany(_ => g.Values, (point, value) => (StudyValue[])[.. point, value]));
        return points.SelectMany(_ => samples, (point, sample) => (StudyValue[])[.. point, .. sample]);
    }

    private void ReadEach(ConfigSection section, string kind, Action<Option, string, ConfigEntry> add)
    {
        foreach (ConfigEntry entry in section.Map(kind)?.Entries ?? [])
        {
            string key = $"{section.KeyOf(kind)}.{entry.Key}";
            Option option = _options.Find(key, entry);
            if (Swept.Contains(option))
            {
                throw entry.At.Wrong(key, "is swept already; each flag once");
            }

            add(option, key, entry);
        }
    }

    private List<StudyValue> ReadValues(Option option, string key, ConfigNode node)
    {
        if (node is not ConfigList { Items.Count: > 0 } list)
        {
            throw node.At.Wrong(key, $"takes a list of values, such as [a, b], not {node.Kind}");
        }

        var values = new List<StudyValue>();
        foreach (ConfigNode item in list.Items)
        {
            StudyValue value = _options.Read(option, key, item);
            values.Add(values.All(v => v.Value != value.Value) ? value : throw item.At.Wrong(key, $"has {item.Kind} twice; each value once"));
        }

        return values;
    }

    private void AddRange(Option option, string key, ConfigEntry entry, double min, Func<double, double, double, double> at)
    {
        (double low, double high) = ReadRange(key, entry.Value, "numbers", static (string text, out double value) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));
        if (low < min)
        {
            throw entry.Value.At.Wrong(key, "takes numbers above 0: a logarithm is drawn");
        }

        _draws.Add((option, random => Value(option, key, entry, Math.Clamp(Rounded(at(low, high, random.NextDouble())), low, high))));
    }

    private void AddWhole(Option option, string key, ConfigEntry entry)
    {
        (int low, int high) = ReadRange(key, entry.Value, "whole numbers", static (string text, out int value) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value is > int.MinValue / 2 and < int.MaxValue / 2);
        _draws.Add((option, random => Value(option, key, entry, low + random.Next(high - low + 1))));
    }

    private StudyValue Value<T>(Option option, string key, ConfigEntry entry, T value)
        where T : IFormattable =>
        _options.Read(option, key, new ConfigText(entry.Value.At, value.ToString(null, CultureInfo.InvariantCulture), IsPlain: true));

    private static double Rounded(double value) =>
        double.Parse(value.ToString($"G{Digits}", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static (T Low, T High) ReadRange<T>(string key, ConfigNode node, string what, TryRead<T> read)
        where T : IComparable<T> =>
        node is ConfigList { Items: [ConfigText first, ConfigText second] } && read(first.Value, out T low) && read(second.Value, out T high)
            ? low.CompareTo(high) < 0 ? (low, high) : throw node.At.Wrong(key, $"takes the smaller number first, not [{first.Value}, {second.Value}]")
            : throw node.At.Wrong(key, $"takes two {what}, the least and the most, such as [1, 10]");

    private int ReadSamples(ConfigSection section)
    {
        int? samples = section.Int("num_samples", 1, MaxSamples);
        return (samples, _draws.Count) switch
        {
            (not null, 0) => throw section.Find("num_samples")!.At.Wrong(section.KeyOf("num_samples"), $"belongs to {string.Join(", ", Drawn)}, of which there is none"),
            (null, > 0) => throw section.At.Wrong(section.KeyOf("num_samples"), $"is missing: how often to draw {_draws[0].Option.Name.TrimStart('-')}"),
            _ => samples ?? 1,
        };
    }

    private delegate bool TryRead<T>(string text, out T value);
}
