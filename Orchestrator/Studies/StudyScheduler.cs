using System.Globalization;
using TraversalLearning.Configuration;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Early stopping in a study file: <c>scheduler: asha</c>, or a mapping with settings.</summary>
internal static class StudyScheduler
{
    /// <summary>The key.</summary>
    public const string Key = "scheduler";

    /// <summary>The only scheduler, besides none.</summary>
    public const string Halving = "asha";

    private const string None = "none";
    private const string FirstRung = "first_rung";
    private const string Factor = "factor";
    private const string Measure = "measure";

    /// <summary>The default settings.</summary>
    public static HalvingSettings Default { get; } = new(FirstRung: 1, Factor: 3, Measure: "accuracy");

    /// <summary>A one-line description of <see cref="Halving"/>.</summary>
    public static string Help { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"of a study, scheduler: the best one in factor of the runs go on at first_rung epochs, and at factor times as many; first_rung: {Default.FirstRung}, factor: {Default.Factor}, measure: {Default.Measure} or loss");

    /// <summary>Reads the scheduler.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="Hosting.UserErrorException">Invalid; the message gives the position.</exception>
    public static HalvingSettings? Read(ConfigSection file)
    {
        if (file.Find(Key)?.Value is not ConfigMap map)
        {
            return file.Word(Key, None, Halving) == Halving ? Default : null;
        }

        var section = new ConfigSection(map, Key, Halving);
        return section.Map(Halving) is { } own ? ReadSettings(new ConfigSection(own, section.KeyOf(Halving), FirstRung, Factor, Measure)) : null;
    }

    private static HalvingSettings ReadSettings(ConfigSection section) => new(
        section.Int(FirstRung, 1, 1_000_000) ?? Default.FirstRung,
        section.Int(Factor, 2, 1000) ?? Default.Factor,
        section.Word(Measure, "accuracy", "loss") ?? Default.Measure);
}
