//! Where our HTML differs from comrak's: headings, links, images, boxes to tick and formulas. All else is comrak's own.
use crate::images::Images;
use crate::link::{self, Target};
use comrak::create_formatter;
use comrak::html::{ChildRendering, Context, render_sourcepos};
use comrak::nodes::{AstNode, NodeValue};
use std::fmt::Write;

/// How much of an address stands for an image without words; a `data:` address may be a megabyte.
const ADDRESS_CHARS: usize = 80;

create_formatter!(Formatter<Images>, {
    // No link inside the heading: it would be one more stop for the Tab key, named in English.
    NodeValue::Heading(ref heading) => |context, node, entering| {
        if entering {
            let id = context.anchorizer.anchorize(&node.collect_text());
            context.cr()?;
            write!(context, "<h{} id=\"h-", heading.level)?;
            context.escape(&id)?;
            context.write_str("\"")?;
            render_sourcepos(context, node)?;
            context.write_str(">")?;
        } else {
            write!(context, "</h{}>", heading.level)?;
            context.lf()?;
        }
    },
    NodeValue::Link(ref link) => |context, entering| {
        if entering {
            context.write_str("<a")?;
            match link::link(&link.url) {
                Target::Refused => {}
                Target::Internal => {
                    context.write_str(" href=\"")?;
                    match link.url.strip_prefix('#') {
                        Some(heading) if !heading.is_empty() => {
                            context.write_str("#h-")?;
                            context.escape_href(heading)?;
                        }
                        _ => context.escape_href(&link.url)?,
                    }
                    context.write_str("\"")?;
                }
                Target::External => {
                    context.write_str(" href=\"")?;
                    context.escape_href(&link.url)?;
                    context.write_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\"")?;
                }
            }
            title(context, &link.title)?;
            context.write_str(">")?;
        } else {
            context.write_str("</a>")?;
        }
    },
    // An image that is not shown is a link to it: its words, and nothing fetched before somebody asks for it.
    NodeValue::Image(ref image) => |context, node, entering| {
        let target = link::image(&image.url);
        let shown = target == Target::Internal || (target == Target::External && context.user.show(&image.url));
        // A link in a link is none in HTML: the outer one stays.
        let away = if target == Target::External && !in_link(node) { "a" } else { "span" };
        if entering && !shown {
            write!(context, "<{away} class=\"maru-image\"")?;
            if away == "a" {
                context.write_str(" href=\"")?;
                context.escape_href(&image.url)?;
                context.write_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\"")?;
            }
            title(context, &image.title)?;
            context.write_str(">")?;
            // Without words it says where it would lead.
            if node.first_child().is_none() {
                let shortened: String = image.url.chars().take(ADDRESS_CHARS).collect();
                context.escape(&shortened)?;
            }
        } else if entering {
            context.write_str("<img src=\"")?;
            context.escape_href(&image.url)?;
            // Lazy, since a document may hold hundreds; without a referrer, since its address is a secret of those who write it.
            context.write_str("\" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"")?;
            title(context, &image.title)?;
            context.write_str(" alt=\"")?;
        } else if shown {
            context.write_str("\">")?;
        } else {
            write!(context, "</{away}>")?;
        }
        if entering {
            return Ok(ChildRendering::Plain);
        }
    },
    // A box has a name, for who hears the page; the sign of the source, since it has to be in every language.
    NodeValue::TaskItem(ref item) => |context, node, entering| {
        if entering {
            let (checked, name) = match item.symbol {
                Some(_) => (" checked=\"\"", "[x]"),
                None => ("", "[ ]"),
            };
            context.cr()?;
            context.write_str("<li")?;
            render_sourcepos(context, node)?;
            write!(context, "><input type=\"checkbox\"{checked} disabled=\"\" aria-label=\"{name}\" /> ")?;
        } else {
            context.write_str("</li>")?;
            context.lf()?;
        }
    },
    // As code, so that it reads well until (and unless) somebody typesets it.
    NodeValue::Math(ref math) => |context, entering| {
        if entering {
            let style = if math.display_math { "display" } else { "inline" };
            write!(context, "<code class=\"math\" data-math=\"{style}\">")?;
            context.escape(&math.literal)?;
            context.write_str("</code>")?;
        }
    },
});

fn in_link<'a>(node: &'a AstNode<'a>) -> bool {
    let outer = node.ancestors().skip(1);
    outer
        .into_iter()
        .any(|node| matches!(node.data().value, NodeValue::Link(_)))
}

fn title(context: &mut Context<'_, '_, Images>, title: &str) -> std::fmt::Result {
    if !title.is_empty() {
        context.write_str(" title=\"")?;
        context.escape(title)?;
        context.write_str("\"")?;
    }
    Ok(())
}
