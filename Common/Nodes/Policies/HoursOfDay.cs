using System.Globalization;

namespace TraversalLearning.Nodes.Policies;

/// <summary>A part of every day: <c>20:00-06:00</c> goes on after midnight.</summary>
/// <param name="From">The first minute.</param>
/// <param name="To">The first minute that is outside; equal to <paramref name="From"/> for the whole day.</param>
public readonly record struct HoursOfDay(TimeOnly From, TimeOnly To)
{
    /// <summary>Parses <c>HH:MM-HH:MM</c>.</summary>
    public static HoursOfDay? Parse(string text) =>
        text.Split('-') is [var from, var to] && Time(from) is { } first && Time(to) is { } last ? new HoursOfDay(first, last) : null;

    /// <summary>Whether a time is in it.</summary>
    public bool Contains(TimeOnly time) => From == To || time.IsBetween(From, To);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:HH:mm}-{To:HH:mm}");

    private static TimeOnly? Time(string text) =>
        string.Equals(text.Trim(), "24:00", StringComparison.Ordinal) ? TimeOnly.MinValue
        : TimeOnly.TryParseExact(text.Trim(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time) ? time
        : null;
}
