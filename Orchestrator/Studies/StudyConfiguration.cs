using TraversalLearning.Orchestration.Reports;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Writes one run as a study file, which reads back as the same run with the same command line.</summary>
internal static class StudyConfiguration
{
    /// <summary>The text of the file.</summary>
    /// <param name="name">The run's name.</param>
    /// <param name="hosting">Where its nodes are hosted.</param>
    /// <param name="given">Its flags.</param>
    public static string Of(string name, NodeHosting hosting, SortedDictionary<string, string> given)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var yaml = new Emitter(text);
        yaml.Emit(new StreamStart());
        yaml.Emit(new DocumentStart());
        yaml.Emit(new MappingStart());
        Write(yaml, StudyFile.Name, name);
        Begin(yaml, StudyFile.Run);
        foreach ((string flag, string value) in given.Where(g => StudyNodes.ListeningKeyOf(g.Key) is null))
        {
            Write(yaml, flag[2..], value);
        }

        yaml.Emit(new MappingEnd());
        Begin(yaml, StudyNodes.Key);
        Write(yaml, StudyNodes.Hosting, hosting.ToWord());
        foreach ((string flag, string value) in given)
        {
            if (StudyNodes.ListeningKeyOf(flag) is { } key)
            {
                Write(yaml, key, value);
            }
        }

        yaml.Emit(new MappingEnd());
        yaml.Emit(new MappingEnd());
        yaml.Emit(new DocumentEnd(isImplicit: true));
        yaml.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Begin(Emitter yaml, string key)
    {
        yaml.Emit(new Scalar(key));
        yaml.Emit(new MappingStart());
    }

    private static void Write(Emitter yaml, string key, string value)
    {
        yaml.Emit(new Scalar(key));
        ScalarStyle style = value is "~" or "null" ? ScalarStyle.DoubleQuoted : ScalarStyle.Any;
        yaml.Emit(new Scalar(AnchorName.Empty, TagName.Empty, value, style, isPlainImplicit: true, isQuotedImplicit: true));
    }
}
