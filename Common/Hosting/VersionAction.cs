using System.CommandLine;
using System.CommandLine.Invocation;

namespace TraversalLearning.Hosting;

/// <summary><c>--version</c>: prints <see cref="ProductInfo.Line(string)"/>.</summary>
public sealed class VersionAction : SynchronousCommandLineAction
{
    private readonly string _program;

    private VersionAction(string program) => _program = program;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Gives a program's <c>--version</c> this action.</summary>
    public static void AddTo(RootCommand root, string program) => root.Options.OfType<VersionOption>().Single().Action = new VersionAction(program);

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(ProductInfo.Line(_program));
        return (int)ExitCode.Success;
    }
}
