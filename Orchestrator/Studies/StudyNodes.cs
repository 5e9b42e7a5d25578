using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Configuration;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>The <c>nodes</c> section of a study file.</summary>
internal static class StudyNodes
{
    /// <summary>The key of the section.</summary>
    public const string Key = "nodes";

    /// <summary>The key of the hosting.</summary>
    public const string Hosting = "hosting";

    private const string Host = "host";
    private const string Port = "port";

    private static readonly string[] HostingNames = [.. Enum.GetValues<NodeHosting>().Select(NodeHostings.ToWord)];

    /// <summary>Flags by their keys.</summary>
    private static readonly Dictionary<string, string> Flags = new(StringComparer.Ordinal)
    {
        ["count"] = "--num_nodes",
        ["groups"] = "--groups",
        ["partition"] = "--partition",
        ["availability"] = "--availability",
        [Host] = "--host",
        [Port] = "--port",
    };

    /// <summary>
    /// The key of a flag for the listening address of external nodes; <see langword="null"/> for other flags.
    /// </summary>
    public static string? ListeningKeyOf(string flag) => new[] { Host, Port }.FirstOrDefault(k => Flags[k] == flag);

    /// <summary>Reads the hosting.</summary>
    /// <exception cref="Hosting.UserErrorException">Invalid; the message gives the position.</exception>
    public static NodeHosting ReadHosting(ConfigMap? map)
    {
        if (map is null)
        {
            return NodeHosting.Virtual;
        }

        var section = new ConfigSection(map, Key, [.. Flags.Keys, Hosting]);
        NodeHosting hosting = section.Word(Hosting, HostingNames) is { } word ? (NodeHosting)Array.IndexOf(HostingNames, word) : NodeHosting.Virtual;
        if (hosting != NodeHosting.Hosts)
        {
            return (section.Find(Host) ?? section.Find(Port)) is { } idle
                ? throw idle.At.Wrong(section.KeyOf(idle.Key), $"belongs to 'hosting: hosts', not to 'hosting: {hosting.ToWord()}'")
                : hosting;
        }

        return section.Find(Host) is null ? throw section.At.Wrong(section.KeyOf(Host), "is missing: the address that nodes connect to") : hosting;
    }

    /// <summary>Reads the section as flags.</summary>
    public static IEnumerable<StudyValue> Read(StudyOptions options, ConfigMap? map) =>
        (map?.Entries ?? []).Where(e => Flags.ContainsKey(e.Key)).Select(e => options.Read(Flags[e.Key], $"{Key}.{e.Key}", e.Value));
}
